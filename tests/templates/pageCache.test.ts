/** Pages and files as a running nginx keeps them, before a php-fpm and a tree that answer, fail, and hang. */
import { chmodSync, readFileSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { nginxConf } from "../../templates/nginx";
import { postedSeconds, treeConf } from "../../templates/pageCache";
import { phpIni, phpPool } from "../../templates/php";
import { Folder, mustAsk, pathOf } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const tree = `${folder.path}/wordpress`;
beforeAll(() => {
  chmodSync(folder.path, 0o755);
  for (const name of ["mime.types", "fastcgi_params"])
    folder.write(`nginx/${name}`, readFileSync(`/etc/nginx/${name}`, "utf8"));
  // In WordPress's place: says how many pages it made, fails and dawdles as files beside it say.
  folder.write(
    "wordpress/index.php",
    `<?php
if (file_exists(__DIR__ . '/error')) http_response_code(500);
file_put_contents(__DIR__ . '/count', $count = (int) @file_get_contents(__DIR__ . '/count') + 1);
if (isset($_GET['cookie'])) setcookie('own', '1');
if (isset($_GET['who'])) exit("{$_SERVER['REMOTE_ADDR']} " . ($_SERVER['HTTPS'] ?? 'no https') . "\\n");
echo "page $count of {$_SERVER['SCRIPT_NAME']} for {$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}";
`,
  );
  folder.write("wordpress/wp-admin/index.php", `<?php echo "administration {$_SERVER['SCRIPT_NAME']}";`);
  folder.write("wordpress/style.css", "body {}");
  folder.write("wordpress/license.txt", "license");
  mustAsk("bash", ["-c", `chmod -R a+rwX ${tree}`]);
});

/** Pages are kept for a second, and waited for as long. */
const quick = { cache: { page: { seconds: 1, timeoutSeconds: 1 } } };

/**
 * What a script hears from nginx on a machine with php-fpm and the tree. `ask PATH [OPTION...]` of curl prints the status,
 * what X-Cache says, and the body; $fpm and $reader are the processes behind.
 */
function hear(script: string, raw: Record<string, unknown> = quick): string[] {
  const site = resolveSite("dev", raw);
  const server = site.realServers[0];
  const here = (text: string) => text.replaceAll(/(?<=[ "])\/wordpress/g, tree);
  folder.write("nginx/nginx.conf", here(nginxConf(site, server)));
  folder.write("nginx/tree.conf", here(treeConf()));
  folder.write("php.ini", phpIni(site).replace(/^opcache.file_cache = .*$/m, ""));
  const pool = phpPool(site, server).replaceAll("= www-data", "= root");
  const conf = folder.write("php-fpm.conf", `[global]\nerror_log = ${folder.path}/fpm.log\n${pool}`);
  const inside = `mount -t proc proc /proc
mount -t tmpfs run /run
mkdir /run/nginx-tree /run/php
for path in /var/cache /var/log/nginx /var/lib/nginx; do mount -t tmpfs other $path; done
mount --bind ${folder.path}/nginx /etc/nginx
ip link set lo up
ip address add 172.16.0.40 dev lo
rm -f ${tree}/count ${tree}/error
${pathOf("php-fpm")} -R -F -c ${folder.path}/php.ini -y ${conf} & fpm=$!
nginx -c /etc/nginx/tree.conf -g 'master_process off;' 2>${folder.path}/tree.log & reader=$!
until [ -S /run/nginx-tree/socket ] && (: </dev/tcp/127.0.0.1/9000) 2>/dev/null; do sleep 0.05; done
nginx -g 'master_process off;' >/dev/null 2>&1
export fpm reader`;
  const ask = `ask() {
  local path="$1" answer
  shift
  answer="$(curl -sS --max-time 10 -D ${folder.path}/head "$@" "http://172.16.0.40$path")"
  printf '%s\\n' "$(sed -nE '1s/^[^ ]* ([0-9]+).*/\\1/p' ${folder.path}/head) $(sed -nE 's/^X-Cache: (.*)\\r/\\1/p' ${folder.path}/head) $answer"
}
`;
  return mustAsk("bash", ["-c", ask + script], { inside })
    .trimEnd()
    .split("\n");
}

const page = (count: number, path = "/", method = "GET") =>
  `page ${count} of /index.php for ${method} ${path}`;

test("a page is made once for all who ask within its time, and again after it", () => {
  expect(hear("ask /; ask /; ask '/?p=1'; ask /; sleep 2.1; ask /")).toEqual([
    `200 MISS ${page(1)}`,
    `200 HIT ${page(1)}`,
    `200 MISS ${page(2, "/?p=1")}`,
    `200 HIT ${page(1)}`,
    `200 EXPIRED ${page(3)}`,
  ]);
});

test.each([
  "-H 'Cookie: a=b; wordpress_logged_in_0123=admin'",
  "-H 'Cookie: wp-postpass_0123=x'",
  "-H 'Cookie: comment_author_0123=Ann'",
  "-H 'Cookie: lvs_posted=1'",
  "-H 'Authorization: Basic YTpi'",
])("a visitor with curl's %s gets a page of his own, which nobody else gets", (option) => {
  expect(hear(`ask /; ask / ${option}; ask /`)).toEqual([
    `200 MISS ${page(1)}`,
    `200 BYPASS ${page(2)}`,
    `200 HIT ${page(1)}`,
  ]);
});

test("who posts is marked for as long as an older copy may be shown, and who looks is not", () => {
  const site = resolveSite("dev", quick);
  const show = `grep -i set-cookie ${folder.path}/head`;
  const mark = `Set-Cookie: lvs_posted=1; Path=/; Max-Age=${postedSeconds(site)}; HttpOnly; SameSite=Lax\r`;
  const said = hear(`ask / -d comment=1; ${show}; ask /; ${show} || echo none`);
  expect(said).toEqual([`200  ${page(1, "/", "POST")}`, mark, `200 MISS ${page(2)}`, "none"]);
  expect(postedSeconds(site)).toBe(2);
});

test("a page that gives its visitor a cookie is nobody else's", () => {
  expect(hear("ask '/?cookie'; ask '/?cookie'")).toEqual([
    `200 MISS ${page(1, "/?cookie")}`,
    `200 MISS ${page(2, "/?cookie")}`,
  ]);
});

describe("a visitor's address and scheme", () => {
  const ask = (path: string, from: string) =>
    `ask '${path}' -H 'X-Forwarded-For: ${from}' -H 'X-Forwarded-Proto: https'`;
  const behind = { ...quick, trustedProxies: ["127.0.0.1", "172.16.0.40/32", "198.51.100.0/24"] };

  test("are not believed of anybody else", () => {
    expect(hear(ask("/?who", "192.0.2.7"))).toEqual(["200 MISS 172.16.0.40 no https"]);
  });

  test("come from a trusted proxy, behind others, and not from what the visitor claims", () => {
    expect(hear(ask("/?who", "192.0.2.66, 192.0.2.7, 198.51.100.9"), behind)).toEqual([
      "200 MISS 192.0.2.7 on",
    ]);
  });

  test("keep the copies for http and https apart", () => {
    expect(hear(`ask /; ${ask("/", "192.0.2.7")}; ask /`, behind)).toEqual([
      `200 MISS ${page(1)}`,
      `200 MISS ${page(2)}`,
      `200 HIT ${page(1)}`,
    ]);
  });
});

test("a copy is for the host that was asked for", () => {
  expect(hear("ask /; ask / -H 'Host: 127.0.0.1:8080'")).toEqual([
    `200 MISS ${page(1)}`,
    `200 MISS ${page(2)}`,
  ]);
});

test("HEAD does not leave an empty page behind", () => {
  expect(hear("ask / -I >/dev/null; ask /")).toEqual([`200 MISS ${page(2)}`]);
});

test("PHP that is asked for by its name is not kept", () => {
  expect(hear("ask /index.php; ask /index.php; ask /wp-admin/; ask /wp-admin/none.php")).toEqual([
    `200  ${page(1, "/index.php")}`,
    `200  ${page(2, "/index.php")}`,
    "200  administration /wp-admin/index.php",
    "404  No input file specified.",
  ]);
});

test("the administration's address is completed as the visitor has it", () => {
  const location = `ask /wp-admin -H 'Host: 127.0.0.1:8080' >/dev/null; sed -n 's/^Location: \\(.*\\)\\r/\\1/p' ${folder.path}/head`;
  expect(hear(location)).toEqual(["http://127.0.0.1:8080/wp-admin/"]);
});

describe("when PHP", () => {
  test("fails, the page is as it was last", () => {
    expect(hear(`ask /; touch ${tree}/error; sleep 2.1; ask /; ask /new`)).toEqual([
      `200 MISS ${page(1)}`,
      `200 STALE ${page(1)}`,
      `500 MISS ${page(3, "/new")}`,
    ]);
  });

  test("is gone, too; what was never seen is missed", () => {
    const said = hear("ask /; kill $fpm; sleep 2.1; ask /; ask /new | head -n 1");
    expect(said.slice(0, 2)).toEqual([`200 MISS ${page(1)}`, `200 STALE ${page(1)}`]);
    expect(said[2]).toMatch(/^502 /);
  });

  test("hangs, one visitor waits for a second, the others get the last page at once, and /healthz answers", () => {
    const hang = "for pid in $fpm $(pgrep -P $fpm); do kill -STOP $pid; done";
    const time = "-o /dev/null -w '%{time_total}\\n'";
    const said = hear(`ask /; ${hang}; sleep 2.1; ask /
for path in / / /healthz; do curl -sS --max-time 10 ${time} http://172.16.0.40$path; done
for pid in $(pgrep -P $fpm) $fpm; do kill -CONT $pid; done
sleep 4.1; ask /`);
    expect(said.slice(0, 2)).toEqual([`200 MISS ${page(1)}`, `200 STALE ${page(1)}`]);
    for (const seconds of said.slice(2, 5)) expect(Number(seconds)).toBeLessThan(0.5);
    expect(said[5]).toMatch(/^200 EXPIRED page \d/);
  });
});

describe("a file", () => {
  test("of a page is read once for all who ask within its time", () => {
    expect(hear("ask /style.css; ask /style.css; ask '/style.css?ver=2'")).toEqual([
      "200 MISS body {}",
      "200 HIT body {}",
      "200 MISS body {}",
    ]);
  });

  test("of another kind comes from the tree, in parts too; one that is not there is WordPress's to answer", () => {
    expect(hear("ask /license.txt; ask /license.txt -r 2-4; ask /none.txt; ask /none.css")).toEqual([
      "200  license",
      "206  cen",
      `200 BYPASS ${page(1, "/none.txt")}`,
      `200 BYPASS ${page(2, "/none.css")}`,
    ]);
  });

  test("is as it was last while the tree hangs, and nothing else waits for it", () => {
    const said = hear(`ask /style.css; ask /; kill -STOP $reader; sleep 2.1
curl -s -o /dev/null -w '%{http_code}\\n' http://172.16.0.40/license.txt >${folder.path}/other &
ask /healthz; ask /style.css; ask /; wait $!; cat ${folder.path}/other; kill -CONT $reader; sleep 4.1; ask /style.css`);
    expect(said).toEqual([
      "200 MISS body {}",
      `200 MISS ${page(1)}`,
      "200  ok",
      "200 STALE body {}",
      `200 EXPIRED ${page(2)}`,
      "504",
      expect.stringMatching(/^200 (REVALIDATED|EXPIRED) body/),
    ]);
  });
});

test("without a cache pages are made anew, and files come from the tree", () => {
  const off = { cache: { page: { seconds: 0 } } };
  expect(hear("ask /; ask /; ask /style.css; ask /none.css; ask / -d a=b", off)).toEqual([
    `200  ${page(1)}`,
    `200  ${page(2)}`,
    "200  body {}",
    `200  ${page(3, "/none.css")}`,
    `200  ${page(4, "/", "POST")}`,
  ]);
});

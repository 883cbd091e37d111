/** Claims about protection of WordPress: PHP files among uploads, XML-RPC, password guessing, and the rights of php-fpm. */
import {
  type RealServerSettings,
  type SiteSettings,
  frontWay,
  hasWeb,
  loginBurst,
  siteHost,
  siteUrl,
} from "../../settings/site";
import { hasLocalCode, localFiles, masterFiles } from "../../settings/webFiles";
import { type Claim, ensure } from "../claim";
import { Administrator } from "../probing/administrator";
import { realServers, smallFile } from "./wordpress";
import { paired, present } from "../../settings/lists";

/** The output of the file that must never run. The file itself does not contain this text. */
const marker = "lvs-verify-ran";
const program = `<?php echo "lvs-verify", "-ran";`;
const uploads = "/wordpress/wp-content/uploads";

/** Writes PHP files into the uploads directly, because WordPress would refuse them: the result of a successful attack. */
const phpUnderUploads = (site: SiteSettings): Claim => ({
  id: "php-in-uploads",
  text: "PHP files among the uploads are neither executed nor served",
  async prove(running) {
    const writer = site.realServers[0].name;
    const name = `verify-${Date.now()}`;
    const files = ["php", "PHP", "phtml", "phar", "txt"].map((ending) => `${name}.${ending}`);
    const paths = files.map((file) => `${uploads}/${file}`).join(" ");
    await running.execOk(
      writer,
      `for file in ${paths}; do echo '${program}' >"$file"; done; chown www-data: ${paths}`,
    );
    try {
      const asked = [...files, `${name}.php/picture.png`];
      const seen = [];
      for (const file of asked) {
        const { status, body } = await running.get(`/wp-content/uploads/${file}`);
        ensure(!body.includes(marker), `${file} was executed`);
        seen.push({ status, served: body.includes(program) });
      }
      const text = present(seen[files.indexOf(`${name}.txt`)], "text file that was asked for");
      ensure(text.status === 200 && text.served, `the same as text was answered ${text.status}`);
      const others = seen.filter((one) => one !== text);
      const states = others.map(({ status }) => status).join(", ");
      ensure(
        others.every(({ status, served }) => status === 403 && !served),
        `answered ${states}`,
      );
      return `${asked.filter((file) => !file.endsWith("txt")).join(", ")}: ${states}; the same as .txt: 200`;
    } finally {
      await running.execOk(writer, `rm -f ${paths}`);
    }
  },
});

/** RFC 8615: certificate authorities and others look for files below this folder. */
const wellKnown = (site: SiteSettings): Claim => ({
  id: "well-known",
  text: "files below /.well-known/ are served, and no other hidden file is",
  async prove(running) {
    const name = `verify-${Date.now()}`;
    const text = `content of ${name}`;
    const places = hasLocalCode(site)
      ? site.realServers.map((server) => ({ machine: server.name, tree: localFiles(site) }))
      : [{ machine: present(site.nfs, "NFS server").name, tree: masterFiles(site) }];
    const onEach = (command: (tree: string) => string) =>
      Promise.all(places.map(({ machine, tree }) => running.execOk(machine, command(tree))));
    await onEach(
      (tree) =>
        `mkdir -p ${tree}/.well-known && echo '${text}' | tee ${tree}/.well-known/${name} >${tree}/.${name}`,
    );
    try {
      const served = await running.get(`/.well-known/${name}`);
      const hidden = await running.get(`/.${name}`);
      const seen = `/.well-known/${name}: ${served.status}; /.${name}: ${hidden.status}`;
      ensure(served.status === 200 && served.body.includes(text), seen);
      ensure(hidden.status === 404 && !hidden.body.includes(text), seen);
      return seen;
    } finally {
      await onEach(
        (tree) =>
          `rm -f ${tree}/.well-known/${name} ${tree}/.${name}; rmdir ${tree}/.well-known 2>/dev/null || true`,
      );
    }
  },
});

const xmlrpc = ({ wordpress }: SiteSettings): Claim => ({
  id: "xmlrpc",
  text: wordpress.xmlrpc ? "XML-RPC answers" : "XML-RPC is refused",
  async prove(running) {
    const call = "<methodCall><methodName>demo.sayHello</methodName></methodCall>";
    const { status, body } = await running.get("/xmlrpc.php", { method: "POST", body: call });
    const said = body.includes("Hello!");
    ensure(wordpress.xmlrpc ? said : status === 403 && !said, `demo.sayHello was answered ${status}`);
    return `demo.sayHello was answered ${status}`;
  },
});

const users = ({ wordpress }: SiteSettings): Claim => ({
  id: "users",
  text: wordpress.publicUsers
    ? "visitors see who the users are"
    : "visitors do not see who the users are, and those who are logged in do",
  async prove(running) {
    const [{ via }] = realServers(running.site);
    const name = wordpress.adminUser.toLowerCase();
    const administrator = await Administrator.login(running, via);
    const known = JSON.stringify(await administrator.call("GET", "/wp/v2/users"));
    ensure(known.toLowerCase().includes(name), `the administrator sees no ${name} in /wp/v2/users`);
    const asked = ["/index.php?rest_route=/wp/v2/users", "/?author=1", "/?sitemap=users&paged=1"];
    const seen = await Promise.all(
      asked.map(async (path) => {
        const { status, headers, body } = await running.get(path);
        const told = `${headers.location ?? ""}${body.toString()}`.toLowerCase().includes(name);
        return { path, status, told: told && status < 400 };
      }),
    );
    const text = seen.map(({ path, status }) => `${path} ${status}`).join(", ");
    const right = seen.every(({ told }) => !told) !== wordpress.publicUsers;
    ensure(right, text);
    return text;
  },
});

const closed = ({ wordpress }: SiteSettings): Claim => ({
  id: "closed",
  text: "PHP files that are no entry points, the installer, folders and missing uploads are refused",
  async prove(running) {
    const installer = wordpress.installer ? [] : ["/wp-admin/install.php", "/wp-admin/setup-config.php"];
    const wanted: (readonly [path: string, status: number])[] = [
      ...[...installer, "/wp-load.php", "/wp-includes/functions.php", "/wp-admin/includes/admin.php"].map(
        (path) => [path, 403] as const,
      ),
      ...["/wp-content/", "/wp-content/uploads/", `/wp-content/uploads/verify-${Date.now()}.png`].map(
        (path) => [path, 404] as const,
      ),
      ["/wp-login.php", 200],
      ["/wp-admin/", 302],
    ];
    const seen = await Promise.all(
      wanted.map(async ([path, status]) => ({ path, status, got: (await running.get(path)).status })),
    );
    const text = seen.map(({ path, got }) => `${path} ${got}`).join(", ");
    ensure(
      seen.every(({ status, got }) => status === got),
      text,
    );
    return text;
  },
});

/** Asks for a page, for one that sends some of the headers itself, and for a file. */
const headers = (site: SiteSettings): Claim => ({
  id: "security-headers",
  text: "pages and files have the security headers once, and pages do not name WordPress's version",
  async prove(running) {
    const { securityHeaders, publicVersion } = site.wordpress;
    const hsts = siteUrl(site).startsWith("https:") ? site.tls?.hstsSeconds : 0;
    const wanted = {
      ...(securityHeaders && {
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "strict-origin-when-cross-origin",
      }),
      ...(hsts && { "strict-transport-security": `max-age=${hsts}` }),
    };
    const front = await running.get("/");
    for (const path of ["/", "/wp-login.php", smallFile]) {
      const answer = path === "/" ? front : await running.get(path);
      for (const [name, value] of Object.entries(wanted)) {
        const got = answer.headers[name];
        ensure(got === value, `${path}: ${name} is ${String(got)}, not ${value}`);
      }
    }
    ensure(front.body.includes('name="generator"') === publicVersion, "the front page has a generator tag");
    const embedded = (await running.get("/?p=1&embed=true")).headers["x-frame-options"];
    ensure(embedded === undefined, `a page for embedding has X-Frame-Options: ${String(embedded)}`);
    return `${Object.keys(wanted).join(", ") || "no header"}; ${publicVersion ? "a" : "no"} generator tag`;
  },
});

/** With a higher limit per minute, the test would be a load test. */
const fewLogins = 120;

/** Sends the logins from the director, so that they do not count together with verify's own logins. */
const loginLimit = (site: SiteSettings): Claim => ({
  id: "login-limit",
  text: `a client with more than ${site.wordpress.loginsPerMinute} logins a minute is answered 429`,
  async prove(running) {
    const { listener } = frontWay(site);
    const [server] = site.realServers;
    const tries = 1 + loginBurst(site) + 4;
    const page = `${listener.application}://${server.address}:${listener.from}/wp-login.php`;
    const curl = `curl -ksS -o /dev/null -w '%{http_code}\\n' -H 'Host: ${siteHost(site)}'`;
    const codes = await running.execOk(
      "director",
      `${curl} -Z --parallel-max ${tries} -d log=nobody -d pwd=wrong '${page}?[1-${tries}]'\n${curl} '${page}'`,
      80_000,
    );
    const lines = codes.split("\n").map((line) => line.trim());
    const form = lines.pop();
    const refused = lines.filter((code) => code === "429").length;
    const tried = lines.filter((code) => code === "200").length;
    const seen = `of ${lines.length} logins at once ${tried} were tried and ${refused} refused; the form itself is ${form}`;
    ensure(refused > 0 && refused <= 4 && tried + refused === tries && form === "200", seen);
    return seen;
  },
});

/** Prints the rights of php-fpm and where it can write, inside the mount namespace of the service. */
const confinement = `pid="$(systemctl show --property MainPID --value php-fpm)"
awk '$1 ~ /^(NoNewPrivs|Seccomp):$/ { printf "%s%s ", $1, $2 } $1 == "CapBnd:" { printf "CapBnd:%s ", $2 }' "/proc/$pid/status"
nsenter --target "$pid" --mount -- bash -c 'for folder in "$@"; do
  if (: >"$folder/.verify") 2>/dev/null; then rm "$folder/.verify"; echo -n "$folder:writable "; else echo -n "$folder:closed "; fi
done' - /etc /usr /home /root /var/lib`;

const confined = (site: SiteSettings): Claim => ({
  id: "php-confined",
  text: "php-fpm can write to the uploads and to /tmp only, and gains no privileges",
  async prove(running) {
    const wordpress = site.content === "wordpress";
    const folders = wordpress ? " /wordpress/wp-content/uploads /wordpress/wp-includes" : "";
    const seen = await Promise.all(
      site.realServers.map(({ name }: RealServerSettings) =>
        running.execOk(name, `${confinement}${folders} /tmp`),
      ),
    );
    const closed = ["/etc", "/usr", "/home", "/root", "/var/lib"].map((folder) => `${folder}:closed`);
    const tree = wordpress ? ["/wordpress/wp-content/uploads:writable", "/wordpress/wp-includes:closed"] : [];
    // The set of capabilities(7): CHOWN, DAC_OVERRIDE, KILL, SETGID and SETUID.
    const wanted = [
      "CapBnd:00000000000000e3",
      "NoNewPrivs:1",
      "Seccomp:2",
      ...closed,
      ...tree,
      "/tmp:writable",
    ];
    for (const [{ name }, text] of paired(site.realServers, seen))
      ensure(text === wanted.join(" "), `${name}: ${text}`);
    return `${site.realServers.map(({ name }) => name).join(", ")}: ${wanted.join(" ")}`;
  },
});

/** Claims about attacks on WordPress, which use the same uploads and logins. */
export const guardClaims = (site: SiteSettings): Claim[] => [
  ...(site.content === "wordpress"
    ? [phpUnderUploads(site), wellKnown(site), xmlrpc(site), users(site), closed(site), headers(site)]
    : []),
  ...(site.content === "wordpress" &&
  site.wordpress.loginsPerMinute > 0 &&
  site.wordpress.loginsPerMinute <= fewLogins
    ? [loginLimit(site)]
    : []),
];

/** A claim that disturbs no other claim. */
export const confinementClaims = (site: SiteSettings): Claim[] =>
  site.content !== "static" && hasWeb(site) ? [confined(site)] : [];

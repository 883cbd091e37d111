import { readFileSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { type SiteSettings, vipsOf } from "../../settings/site";
import { nginxConf } from "../../templates/nginx";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

beforeAll(() => {
  for (const name of ["mime.types", "fastcgi_params"])
    folder.write(`nginx/${name}`, readFileSync(`/etc/nginx/${name}`, "utf8"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=lvs"];
  const out = ["-keyout", `${folder.path}/nginx/tls.key`, "-out", `${folder.path}/nginx/tls.crt`];
  mustAsk("openssl", ["req", "-x509", ...key, ...out]);
});

const rendered = (site: SiteSettings) => nginxConf(site, site.realServers[0]);

/** nginx writes its pid file even to test, so /run is another; the certificate is at its own path. */
const around = `mount -t tmpfs run /run
mount -t tmpfs cache /var/cache
mount --bind ${folder.path}/nginx /etc/nginx`;

const judge = (text: string) => {
  folder.write("nginx/nginx.conf", text);
  return ask("nginx", ["-t"], { inside: `${around}\nip link set lo up` });
};

const both = { services: [{ ports: [80, 443] }], tls: { names: ["www.example.org"] } };
const sites: [string, Record<string, unknown>][] = [
  ["the default site", {}],
  ["php-fpm on a socket", { php: { listener: "unix" } }],
  ["a few logins", { wordpress: { loginsPerMinute: 1, xmlrpc: true } }],
  [
    "a site that closes little",
    {
      wordpress: {
        installer: true,
        publicUsers: true,
        publicVersion: true,
        securityHeaders: false,
        phpFiles: ["/wp-content/plugins/one/file.php", "/shop/"],
      },
    },
  ],
  ["logins without limit", { wordpress: { loginsPerMinute: 0 } }],
  ["two ports and two VIPs", { services: [{}, { port: 8080 }, { vip: "172.16.0.50", port: 8080 }] }],
  ["host names", { wordpress: { hostNames: ["www.example.org", `${"long".repeat(60)}.org`] } }],
  ["http and https", both],
  ["https in the place of http", { ...both, tls: { redirect: true } }],
  ["https alone", { services: [{ port: 443 }], tls: {} }],
  ["names with wildcards", { ...both, tls: { names: ["*.example.org"] } }],
  [
    "ports that overlap",
    { services: [{ ports: [80, "8000-8010"] }, { vip: "172.16.0.50", ports: ["8005-8020"] }] },
  ],
  [
    "IPv6",
    {
      network: { cidr6: "fd00:16::/64" },
      services: [{ vip: "fd00:16::28" }, { vip: "fd00:16::29", ports: [443, "9001-9010"] }],
      tls: {},
    },
  ],
];
const contents = ["wordpress", "static", "shop"];
/** Only what a content reads may be said. */
const contentsOf = (raw: Record<string, unknown>): readonly string[] =>
  raw.wordpress ? ["wordpress"] : contents.filter((content) => !raw.php || content !== "static");

test.each(sites.flatMap(([what, raw]) => contentsOf(raw).map((content) => [content, what, raw] as const)))(
  "nginx takes the nginx.conf of %s with %s, without a warning",
  (content, _what, raw) => {
    expect(judge(rendered(resolveSite("dev", { content, ...raw })))).toEqual({
      code: 0,
      stdout: "",
      stderr:
        "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n",
    });
  },
);

test("nginx refuses a directive that it does not know", () => {
  const { code, stderr } = judge(rendered(resolveSite("dev", {})).replace("sendfile", "send_file"));
  expect(code).toBe(1);
  expect(stderr).toContain('unknown directive "send_file"');
});

/** What curl hears from a running nginx, on a machine that has the VIPs, a page and a sample. */
function hear(site: SiteSettings, words: readonly string[], before = ""): string {
  folder.write("nginx/nginx.conf", rendered(site));
  const inside = `${around}
ip link set lo up
for vip in ${vipsOf(site).join(" ")}; do ip address add $vip dev lo; done
for path in /var/log/nginx /var/lib/nginx /usr/local/share /opt; do mount -t tmpfs other $path; done
mkdir -p /usr/local/share/lvs/www /opt/wwwroot
cp scripts/guest/real-server/static/index.html /usr/local/share/lvs/www
truncate -s 4M /usr/local/share/lvs/big
${before}
nginx -g 'master_process off;' >/dev/null 2>&1`;
  return mustAsk("curl", ["-sSk", "--max-time", "10", ...words], { inside });
}

const headers = ["-D", "-", "-o", "/dev/null"];
const statusOf = (answer: string) => Number(/^HTTP\/\S+ (\d+)/.exec(answer)?.[1]);

describe("a static site", () => {
  const site = resolveSite("dev", { content: "static" });

  test("tells who answered whom, at which address and port", () => {
    expect(hear(site, ["http://172.16.0.40/whoami"])).toBe(
      "real-server=rs1 client=172.16.0.40 server=172.16.0.40 port=80\n",
    );
  });

  test("says so in a page as well", () => {
    const page = hear(site, ["http://172.16.0.40/"]).replace(/\s+/g, " ");
    expect(page).toMatch(/answers client 172\.16\.0\.40 at 172\.16\.0\.40 port 80, \d{4}-\d\d-\d\dT/);
    expect(page).not.toContain("<!--#");
  });

  test.each(["/", "/whoami", "/healthz", "/big", "/nothing"])("names the real server at %s", (path) => {
    expect(hear(site, [...headers, `http://172.16.0.40${path}`])).toContain("\r\nX-Real-Server: rs1\r\n");
  });

  test.each(["/healthz", "/readyz"])("answers 200 at %s", (path) => {
    expect(statusOf(hear(site, [...headers, `http://172.16.0.40${path}`]))).toBe(200);
  });

  test("answers any Host", () => {
    expect(hear(site, ["-H", "Host: whatever.example", "http://172.16.0.40/healthz"])).toBe("ok\n");
  });

  test("has four mebibytes to download, as fast as it can, and slowly", () => {
    const counted = (path: string, more: string[] = []) =>
      hear(site, [...more, "-o", "/dev/null", "-w", "%{size_download}", `http://172.16.0.40${path}`]);
    expect(counted("/big")).toBe(String(4 * 1024 * 1024));
    // A second's worth, and nothing like the whole.
    const slow = Number(
      hear(site, ["-r", "0-98303", "-o", "/dev/null", "-w", "%{time_total}", "http://172.16.0.40/slow"]),
    );
    expect(slow).toBeGreaterThan(0.4);
  });

  test("reads a whole upload before it answers with its size", () => {
    const body = folder.write("body", "x".repeat(1024 * 1024));
    expect(hear(site, ["--data-binary", `@${body}`, "http://172.16.0.40/post"])).toBe("1048576\n");
    // An answer that came before the body was read would be there with half of the body, too.
    const half = ["-H", "Content-Length: 2097152", "--max-time", "2", "--data-binary", `@${body}`];
    expect(() => hear(site, [...half, "http://172.16.0.40/post"])).toThrow("ended with 28");
  });

  test("is not ready while its tree is missing", () => {
    const shared = resolveSite("dev", { content: "static", nfs: {} });
    const ready = [...headers, "http://172.16.0.40/readyz"];
    expect(statusOf(hear(shared, ready))).toBe(503);
    expect(statusOf(hear(shared, ready, "touch /opt/wwwroot/index.html"))).toBe(200);
  });
});

describe("a real server that holds VIPs", () => {
  const site = resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    services: [{}, { vip: "fd00:16::40" }, { vip: "172.16.0.41", port: 81 }],
  });
  // Asked at its own address, as the director does.
  const readiness = (before: string) => {
    const own = "ip address add 172.16.0.32/32 dev lo\ntouch /usr/local/share/lvs/www/index.html";
    return statusOf(hear(site, [...headers, "http://172.16.0.32/readyz"], `${own}\n${before}`));
  };

  test("is ready", () => {
    expect(readiness(":")).toBe(200);
  });

  test.each(["172.16.0.40/32", "172.16.0.41/32", "fd00:16::40/128"])("is not without %s", (vip) => {
    expect(readiness(`ip address del ${vip} dev lo`)).toBe(500);
  });

  test("is not without its tree", () => {
    expect(readiness("rm /usr/local/share/lvs/www/index.html")).toBe(503);
  });

  test("is alive without them all", () => {
    const before = "ip address flush dev lo to 172.16.0.40/31\nip address add 172.16.0.32/32 dev lo";
    expect(hear(site, ["http://172.16.0.32/healthz"], before)).toBe("ok\n");
  });
});

describe("TLS", () => {
  const site = (content: string, redirect: boolean) =>
    resolveSite("dev", { content, services: [{ ports: [80, 443] }], tls: { redirect } });

  test.each(["static", "shop", "wordpress"])("of a %s site speaks HTTP/2", (content) => {
    const answer = hear(site(content, false), [...headers, "https://172.16.0.40/healthz"]);
    expect(answer).toMatch(/^HTTP\/2 200/);
  });

  test.each(["static", "shop", "wordpress"])("of a %s site may redirect http, but not health", (content) => {
    const asked = (path: string) => hear(site(content, true), [...headers, `http://172.16.0.40${path}`]);
    expect(asked("/a?b=c")).toMatch(/^HTTP\/1.1 301 .*\r\nLocation: https:\/\/172\.16\.0\.40\/a\?b=c\r\n/s);
    expect(statusOf(asked("/healthz"))).toBe(200);
  });

  test("redirects to the port that the client must use", () => {
    const services = [{}, { name: "tls", port: 8443, application: "https" }];
    const other = resolveSite("dev", { content: "static", services, tls: { redirect: true } });
    expect(hear(other, [...headers, "http://172.16.0.40/"])).toContain(
      "Location: https://172.16.0.40:8443/\r\n",
    );
  });
});

describe("IPv6", () => {
  test.each(contents)("reaches a %s site", (content) => {
    const services = [{ vip: "fd00:16::28" }];
    const site = resolveSite("dev", { content, network: { cidr6: "fd00:16::/64" }, services });
    expect(hear(site, ["http://[fd00:16::28]/healthz"])).toBe("ok\n");
  });
});

describe("WordPress", () => {
  const site = resolveSite("dev", { wordpress: { hostNames: ["www.example.org"] } });
  const as = (host: string) => ["-H", `Host: ${host}`, "http://172.16.0.40/healthz"];

  test.each(["172.16.0.40", "172.16.0.32", "www.example.org", "127.0.0.1:8080"])("answers as %s", (host) => {
    expect(hear(site, as(host))).toBe("ok\n");
  });

  test("hangs up on a Host that is not its own", () => {
    expect(() => hear(site, as("evil.example"))).toThrow("ended with 52: curl: (52) Empty reply from server");
  });
});

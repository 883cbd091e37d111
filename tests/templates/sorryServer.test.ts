import { readFileSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import type { SiteSettings } from "../../settings/site";
import { directorNginxConf, sorryNginxConf, sorryPage } from "../../templates/sorryServer";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

beforeAll(() => {
  folder.write("nginx/mime.types", readFileSync("/etc/nginx/mime.types", "utf8"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=lvs"];
  const out = ["-keyout", `${folder.path}/nginx/tls.key`, "-out", `${folder.path}/nginx/tls.crt`];
  mustAsk("openssl", ["req", "-x509", ...key, ...out]);
});

const siteOf = (more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    director: { manager: "keepalived" },
    services: [{ ports: [80, 443] }, { vip: "fd00:16::40" }],
    tls: {},
    sorryServer: {},
    ...more,
  });

/** A director that holds its VIPs, with the page and what was measured. */
function around(site: SiteSettings, conf: string): string {
  folder.write("nginx/nginx.conf", conf);
  const page = folder.write("sorry.html", sorryPage(site));
  return `mount -t tmpfs run /run
mount --bind ${folder.path}/nginx /etc/nginx
for path in /var/log/nginx /var/lib/nginx /usr/local/share; do mount -t tmpfs other $path; done
ip link set lo up
for address in 172.16.0.31 172.16.0.40 fd00:16::40; do ip address add $address dev lo; done
install -D -m 644 ${page} /usr/local/share/lvs/sorry/sorry.html
mkdir -p /run/lvs
echo 'lvs_vip_held{vip="172.16.0.40"} 1' >/run/lvs/metrics.prom`;
}

const onDirector = (site: SiteSettings) => around(site, directorNginxConf(site, site.director));
const hear = (inside: string, words: readonly string[]) =>
  mustAsk("curl", ["-sSk", "--max-time", "10", ...words], {
    inside: `${inside}\nnginx -g 'master_process off;' >/dev/null 2>&1`,
  });

test.each<[string, (site: SiteSettings) => string]>([
  ["a director", onDirector],
  ["a machine of its own", (site) => around(site, sorryNginxConf(site))],
])("nginx takes the nginx.conf of %s, without a warning", (_where, inside) => {
  expect(ask("nginx", ["-t"], { inside: inside(siteOf()) })).toEqual({
    code: 0,
    stdout: "",
    stderr:
      "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n",
  });
});

describe("who finds no real server", () => {
  const site = siteOf({ sorryServer: { retryAfterSeconds: 77 } });

  test.each(["http://172.16.0.40/", "https://172.16.0.40/a/b.php?c=d", "http://[fd00:16::40]/sorry.html"])(
    "is told at %s to come again later",
    (url) => {
      const answer = hear(onDirector(site), ["-i", url]);
      expect(answer).toMatch(/^HTTP\/\S+ 503/);
      expect(answer.toLowerCase()).toContain("\r\nretry-after: 77\r\n");
      expect(answer.toLowerCase()).toContain("\r\ncache-control: no-store\r\n");
      expect(answer.toLowerCase()).toContain("\r\ncontent-type: text/html\r\n");
      expect(answer).toContain(sorryPage(site));
    },
  );

  test("is told so after an upload too, and on a connection that ends", () => {
    const body = folder.write("body", "x".repeat(3 * 1024 * 1024));
    const answer = hear(onDirector(site), [
      "-i",
      "--http1.1",
      "--data-binary",
      `@${body}`,
      "http://172.16.0.40/",
    ]);
    expect(answer).toMatch(/HTTP\/1.1 503/);
    expect(answer).toContain("\r\nConnection: close\r\n");
  });
});

describe("what a director measured", () => {
  test("is told at its own address", () => {
    const answer = hear(onDirector(siteOf()), ["-i", "http://172.16.0.31:9112/metrics"]);
    expect(answer).toContain("\r\nContent-Type: text/plain; version=0.0.4\r\n");
    expect(answer).toContain('\r\n\r\nlvs_vip_held{vip="172.16.0.40"} 1\n');
  });

  test("is not told at a VIP", () => {
    expect(() => hear(onDirector(siteOf()), ["http://172.16.0.40:9112/metrics"])).toThrow("ended with 7");
  });
});

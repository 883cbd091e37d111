import { resolveSite } from "../../../settings/resolve";
import { hasWeb } from "../../../settings/site";
import { nginxConf } from "../../../templates/nginx";
import { treeConf } from "../../../templates/pageCache";

const confOf = (raw: Record<string, unknown>, server = 0) => {
  const site = resolveSite("dev", raw);
  return nginxConf(site, site.realServers[server]!);
};
const listensOf = (raw: Record<string, unknown>) =>
  (confOf(raw).match(/(?<=listen ).*(?=;)/g) ?? []).filter(
    (listen) => !/^(127\.0\.0\.1|\[::1\]):/.test(listen),
  );

test("nginx listens once on each service's port and hangs up on unknown hosts", () => {
  expect(listensOf({ services: [{}, { port: 8080 }, { vip: "172.16.0.50" }] })).toEqual([
    "80 default_server",
    "8080 default_server",
    "80",
    "8080",
  ]);
});

describe("nginx listens", () => {
  const on = (services: object[], more: object = {}) => listensOf({ content: "static", services, ...more });

  test("on the real server's port where the director maps it", () => {
    const networks = [{ name: "inside", cidr: "10.9.0.0/24" }];
    expect(on([{ forwarding: "nat", realServerPort: 8080 }], { networks })).toEqual(["8080"]);
  });

  test("on ranges, those that overlap as one", () => {
    const other = { vip: "172.16.0.50", ports: ["8005-8020", 9000] };
    expect(on([{ ports: [80, "8000-8010"] }, other])).toEqual(["80", "8000-8020", "9000"]);
  });

  test("for IPv6 too once there is an IPv6 VIP", () => {
    const network = { cidr6: "fd00:16::/64" };
    expect(on([{ vip: "fd00:16::28" }], { network })).toEqual(["80", "[::]:80"]);
    expect(on([{}], { network })).toEqual(["80"]);
  });

  test("with TLS and HTTP/2 for https", () => {
    expect(on([{ ports: [80, 443] }], { tls: {} })).toEqual(["80", "443 ssl http2"]);
  });

  test("on 80 and 443 for a service of every port", () => {
    expect(on([{ port: 0, persistence: {} }])).toEqual(["80"]);
    expect(on([{ port: 0, persistence: {} }, { port: 443 }], { tls: {} })).toEqual(["80", "443 ssl http2"]);
  });

  test("only where a service speaks http or https", () => {
    const ssh = resolveSite("dev", { content: "static", services: [{ port: 22 }] });
    expect(hasWeb(ssh)).toBe(false);
    expect(hasWeb(resolveSite("dev", { content: "static", services: [{ port: 22 }, {}] }))).toBe(true);
    expect(hasWeb(resolveSite("dev", { services: [{ port: 443 }], tls: {} }))).toBe(true);
  });
});

test("WordPress answers under every VIP and name and its own addresses, and says which real server it is", () => {
  const text = confOf(
    {
      network: { cidr6: "fd00:16::/64" },
      networks: [{ name: "storage", cidr: "10.9.0.0/24" }],
      services: [{ ports: [80, 443] }, { vip: "fd00:16::50" }],
      realServers: [{}, { addresses: ["172.16.0.33", "10.9.0.33"] }],
      tls: { names: ["*.example.org", "www.example.org"] },
      wordpress: { hostNames: ["www.example.org"] },
    },
    1,
  );
  const names =
    "172.16.0.40 [fd00:16::50] www.example.org *.example.org 172.16.0.33 [fd00:16::21] 10.9.0.33 127.0.0.1 localhost";
  expect(text).toContain(`server_name ${names};`);
  expect(text).toContain("add_header X-Real-Server rs2 always;");
});

describe("a real server is ready", () => {
  const networks = [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }];
  const network = { cidr6: "fd00:16::/64", forward: "open" };
  const askedFrom = (services: object[], server = 0) =>
    confOf({ content: "static", network, networks, services }, server).match(/(?<=proxy_bind ).*(?=;)/g);

  test("while it holds the VIPs of all its services", () => {
    const services = [{}, { vip: "fd00:16::40" }, { vip: "172.16.0.41", port: 81 }, { port: 82 }];
    expect(askedFrom(services)).toEqual(["172.16.0.40", "fd00:16::40", "172.16.0.41"]);
    expect(askedFrom([{ forwarding: "tun" }])).toEqual(["172.16.0.40"]);
  });

  test("whatever VIPs others hold, or the director alone", () => {
    expect(askedFrom([{}, { vip: "172.16.0.41", realServers: ["rs2"] }])).toEqual(["172.16.0.40"]);
    expect(askedFrom([{}, { vip: "172.16.0.41", forwarding: "nat" }])).toEqual(["172.16.0.40"]);
    expect(askedFrom([{ forwarding: "nat" }, { vip: "172.16.0.41", forwarding: "fullnat" }])).toBeNull();
  });

  test("by one question after another, each over the VIP's own family", () => {
    const text = confOf({ content: "static", network, services: [{ vip: "fd00:16::40" }, {}] });
    expect(text.match(/(?<=proxy_pass ).*held.*(?=;)/g)).toEqual([
      "http://127.0.0.1:61081/held/0",
      "http://[::1]:61081/held/1",
      "http://127.0.0.1:61081/held/2",
    ]);
    expect(text.match(/(?<=location = )\/held\/\d|if \(!-f/g)).toEqual([
      "/held/0",
      "/held/1",
      "/held/2",
      "if (!-f",
    ]);
  });
});

test.each(["static", "shop"])("a %s site answers any host", (content) => {
  expect(confOf({ content })).not.toMatch(/server_name |return 444/);
});

test("TLS 1.2 and 1.3 are spoken and nothing older, with the site's certificate", () => {
  const directives = confOf({ services: [{ ports: [80, 443] }], tls: {} }).match(/ssl_.*/g);
  expect(directives).toEqual([
    "ssl_certificate /etc/nginx/tls.crt;",
    "ssl_certificate_key /etc/nginx/tls.key;",
    "ssl_protocols TLSv1.2 TLSv1.3;",
  ]);
  expect(confOf({})).not.toContain("ssl");
});

const logins = (loginsPerMinute: number) => confOf({ wordpress: { loginsPerMinute } });

test("logins are counted by client, half of a minute's at once, and not at all for 0", () => {
  expect(logins(30)).toContain("limit_req_zone $login_client zone=logins:1m rate=30r/m;");
  expect(logins(30)).toContain("limit_req zone=logins burst=15 nodelay;");
  expect(logins(1)).toContain("limit_req zone=logins burst=1 nodelay;");
  expect(logins(0)).not.toMatch(/limit_req|login_client|location = \/wp-login/);
  expect(confOf({ content: "shop" })).not.toContain("limit_req");
});

test("WordPress's server tells no version, runs no uploaded PHP, and shows neither hidden files nor php-fpm's state", () => {
  const text = confOf({});
  expect(text).toContain("server_tokens off;");
  expect(text).toMatch(
    /location ~\* \^\/wp-content\/uploads\/\.\*\\\.\(php\|phar\|phtml\)\S+ \{\n +return 403;/,
  );
  expect(text).toMatch(/location ~ \/\\\. \{\n +return 404;/);
  expect(text).toMatch(/location = \/lvs-php-status \{\n.*\n +allow 127\.0\.0\.1;\n +deny all;/);
});

test("what reads the tree beside nginx answers on its socket alone, and runs no PHP", () => {
  expect(treeConf().match(/listen .*/g)).toEqual(["listen unix:/run/nginx-tree/socket;"]);
  expect(treeConf()).toMatch(/location ~ \\\.php\$ \{\n +return 404;/);
});

/** Whether the request is handed to php-fpm by one of the two locations for PHP files. */
const runsPhp = (text: string, path: string) => {
  const [, pattern] = /location ~ (\^\(.*index.*\)\$) \{\n +fastcgi_pass/.exec(text)!;
  expect(text).toMatch(/location ~ \\\.php\$ \{\n +return 403;/);
  return new RegExp(pattern!).test(path);
};

test.each<[string, boolean]>([
  ["/index.php", true],
  ["/wp-login.php", true],
  ["/wp-comments-post.php", true],
  ["/wp-admin/admin-ajax.php", true],
  ["/wp-admin/network/index.php", true],
  ["/wp-includes/js/tinymce/wp-tinymce.php", true],
  ["/wp-load.php", false],
  ["/wp-config.php", false],
  ["/wp-admin/includes/admin.php", false],
  ["/wp-includes/functions.php", false],
  ["/wp-content/plugins/one/file.php", false],
  ["/wp-content/index.php", false],
])("PHP runs %s: %j", (path, runs) => {
  expect(runsPhp(confOf({}), path)).toBe(runs);
});

test("PHP files that a setting names run too, alone or with all below a folder", () => {
  const text = confOf({ wordpress: { phpFiles: ["/wp-content/plugins/one/file.php", "/shop/"] } });
  const paths = [
    "/wp-content/plugins/one/file.php",
    "/shop/a/b.php",
    "/wp-content/plugins/one/fileXphp",
    "/other.php",
  ];
  expect(paths.map((path) => runsPhp(text, path))).toEqual([true, true, false, false]);
});

test("the installer is refused, and folders below wp-content are no pages", () => {
  const text = confOf({});
  expect(text).toMatch(/location ~ \^\/wp-admin\/\(install\|setup-config\)\S+ \{\n +return 403;/);
  expect(confOf({ wordpress: { installer: true } })).not.toContain("setup-config");
  const [, folder] = /location ~ (\S+) \{\n +return 404;/.exec(text)!;
  const pages = [
    "/wp-content/uploads/",
    "/wp-content/uploads/2026",
    "/wp-includes/x.1/",
    "/wp-content-about/",
  ];
  expect(pages.map((path) => new RegExp(folder!).test(path))).toEqual([true, true, true, false]);
});

test("headers for browsers are those of WordPress where it sends some, and can be switched off", () => {
  const added = (raw: Record<string, unknown>) => confOf(raw).match(/add_header (?!Set|X-Real|X-Cache)\S+/g);
  expect(added({})).toEqual([
    "add_header X-Content-Type-Options",
    "add_header X-Frame-Options",
    "add_header Referrer-Policy",
  ]);
  expect(confOf({})).toMatch(
    /map \$upstream_http_referrer_policy \$own_referrer_policy \{\n +"" +strict-origin/,
  );
  expect(added({ wordpress: { securityHeaders: false } })).toBeNull();
  expect(added({ content: "static" })).toBeNull();
});

test("HSTS is sent over https alone, where http redirects or a setting says so", () => {
  const services = [{ ports: [80, 443] }];
  const ageOf = (tls: object) =>
    /on +"max-age=(\d+)"/.exec(confOf({ content: "static", services, tls }))?.[1];
  expect(ageOf({ redirect: true })).toBe("2592000");
  expect(ageOf({})).toBeUndefined();
  expect(ageOf({ hstsSeconds: 60 })).toBe("60");
  expect(ageOf({ redirect: true, hstsSeconds: 0 })).toBeUndefined();
});

test("XML-RPC is answered where a setting says so", () => {
  expect(confOf({})).toMatch(/location = \/xmlrpc.php \{\n +return 403;/);
  const open = confOf({ wordpress: { xmlrpc: true } });
  expect(open).not.toContain("location = /xmlrpc.php");
  expect(runsPhp(open, "/xmlrpc.php")).toBe(true);
});

test("WordPress has none of the pages with which labs look at connections", () => {
  expect(confOf({})).not.toMatch(/whoami|slow|\/big|\/post/);
});

test("a static site is served from the shared tree once there is an NFS server", () => {
  expect(confOf({ content: "static" })).toContain("root /usr/local/share/lvs/www;");
  expect(confOf({ content: "static", nfs: {} })).toContain("root /opt/wwwroot;");
});

import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import { exportsFile, nfsConf, saltNames, wpConfig } from "../../../templates/nfsServer";

const salts = saltNames.map((name) => `salt of ${name}`);

const exportsOf = (site: SiteSettings) => exportsFile(site, site.nfs!);
const configOf = (site: SiteSettings, databasePassword = "p") => wpConfig(site, { databasePassword, salts });

test("the tree is exported to each real server and to nobody else", () => {
  expect(exportsOf(resolveSite("dev", { realServers: [{}, {}, {}] })))
    .toBe(`/data/wordpress 172.16.0.32(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
/data/wordpress 172.16.0.33(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
/data/wordpress 172.16.0.36(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
`);
});

test("a static site's tree is exported read-only, to the real servers' addresses on the NFS server's network", () => {
  const site = resolveSite("dev", {
    content: "static",
    networks: [{ name: "storage", cidr: "192.168.7.0/24", forward: "none" }],
    realServers: [{ addresses: ["172.16.0.32", "192.168.7.177"] }],
    nfs: { address: "192.168.7.250" },
  });
  expect(exportsOf(site)).toBe(
    "/data/wwwroot 192.168.7.177(ro,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)\n",
  );
  expect(nfsConf(site.nfs!)).toContain("host=192.168.7.250\n");
});

test("NFS answers on the site's network, in version 4.2 alone", () => {
  const lines = nfsConf(resolveSite("dev", {}).nfs!).split("\n");
  expect(lines).toContain("host=172.16.0.34");
  expect(lines.filter((line) => line.endsWith("=y"))).toEqual(["vers4.2=y"]);
});

test("wp-config.php escapes quotes and backslashes in secrets", () => {
  const text = configOf(resolveSite("dev", {}), `it's \\ "odd"`);
  expect(text).toContain(`define('DB_PASSWORD', 'it\\'s \\\\ "odd"');`);
});

test("wp-config.php gives each key and salt its own secret", () => {
  const text = configOf(resolveSite("dev", {}));
  expect(text.match(/define\('[A-Z_]+(KEY|SALT)', .*/g)).toEqual(
    saltNames.map((name) => `define('${name}', 'salt of ${name}');`),
  );
  expect(saltNames).toHaveLength(8);
});

test("wp-config.php knows every VIP and every host name, and leaves the database's machine to each real server", () => {
  const site = resolveSite("dev", {
    services: [{}, { vip: "172.16.0.50" }],
    wordpress: { hostNames: ["www.example.org"] },
  });
  const text = configOf(site);
  expect(text).toContain("require '/usr/local/share/lvs/wordpress-database.php';");
  expect(text).not.toContain("DB_HOST");
  expect(hostsOf(text)).toEqual(["'172.16.0.40'", "'172.16.0.50'", "'www.example.org'"]);
  expect(text).toContain(": 'http://172.16.0.40');");
});

test("wp-config.php takes a visitor's host with the port of a service that is not on 80", () => {
  const site = resolveSite("dev", {
    services: [{ port: 8080 }, { vip: "172.16.0.50" }],
    wordpress: { hostNames: ["www.example.org"] },
  });
  const text = configOf(site);
  expect(hostsOf(text)).toEqual([
    "'172.16.0.40:8080'",
    "'172.16.0.50'",
    "'www.example.org'",
    "'www.example.org:8080'",
  ]);
  expect(text).toContain(": 'http://172.16.0.40:8080');");
});

test("wp-config.php takes the client's port where the director maps it", () => {
  const site = resolveSite("dev", {
    networks: [{ name: "inside", cidr: "10.9.0.0/24" }],
    services: [{ forwarding: "nat", port: 8000, realServerPort: 8080 }],
  });
  expect(hostsOf(configOf(site))).toEqual(["'172.16.0.40:8000'"]);
});

test("wp-config.php takes every VIP of a marked service, and the certificate's names, at http's and https's port", () => {
  const site = resolveSite("dev", {
    network: { cidr6: "fd00:16::/64" },
    services: [
      { vips: ["172.16.0.40", "172.16.0.41"], ports: [80, 443] },
      { vip: "fd00:16::28", port: 8443, application: "https" },
    ],
    tls: { names: ["www.example.org", "*.example.net"] },
  });
  expect(hostsOf(configOf(site))).toEqual([
    "'172.16.0.40'",
    "'172.16.0.41'",
    "'[fd00:16::28]:8443'",
    "'www.example.org'",
    "'www.example.org:8443'",
  ]);
});

test("wp-config.php shows no errors, and leaves code, updates and the clock to the site's machines", () => {
  const lines = configOf(resolveSite("dev", {})).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "define('WP_DEBUG', false);",
      "define('DISALLOW_FILE_EDIT', true);",
      "define('AUTOMATIC_UPDATER_DISABLED', true);",
      "define('DISABLE_WP_CRON', true);",
      "$table_prefix = 'wp_';",
    ]),
  );
  expect(lines.at(-2)).toBe("require_once ABSPATH . 'wp-settings.php';");
});

/** The hosts that a visitor may ask for. */
function hostsOf(text: string): string[] {
  const [, hosts] = /in_array\(\$lvs_host, array\((.*)\), true\)/.exec(text)!;
  return hosts!.split(", ").toSorted();
}

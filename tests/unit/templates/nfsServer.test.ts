import { resolveSite } from "../../../settings/site";
import { exportsFile, nfsConf, saltNames, wpConfig } from "../../../templates/nfsServer";

const salts = saltNames.map((name) => `salt of ${name}`);

test("the tree is exported to each real server and to nobody else", () => {
  expect(exportsFile(resolveSite("dev", { realServers: [{}, {}, {}] })))
    .toBe(`/data/wordpress 172.16.0.32(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
/data/wordpress 172.16.0.33(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
/data/wordpress 172.16.0.36(rw,sync,no_subtree_check,all_squash,anonuid=33,anongid=33)
`);
});

test("NFS answers on the site's network, in version 4.2 alone", () => {
  const lines = nfsConf(resolveSite("dev", {})).split("\n");
  expect(lines).toContain("host=172.16.0.34");
  expect(lines.filter((line) => line.endsWith("=y"))).toEqual(["vers4.2=y"]);
});

test("wp-config.php escapes quotes and backslashes in secrets", () => {
  const text = wpConfig(resolveSite("dev", {}), { databasePassword: `it's \\ "odd"`, salts });
  expect(text).toContain(`define('DB_PASSWORD', 'it\\'s \\\\ "odd"');`);
});

test("wp-config.php gives each key and salt its own secret", () => {
  const text = wpConfig(resolveSite("dev", {}), { databasePassword: "p", salts });
  expect(text.match(/define\('[A-Z_]+(KEY|SALT)', .*/g)).toEqual(
    saltNames.map((name) => `define('${name}', 'salt of ${name}');`),
  );
  expect(saltNames).toHaveLength(8);
});

test("wp-config.php knows the database's machine, every VIP and every host name", () => {
  const site = resolveSite("dev", {
    services: [{}, { vip: "172.16.0.50" }],
    mysql: { address: "172.16.0.99" },
    wordpress: { hostNames: ["www.example.org"] },
  });
  const text = wpConfig(site, { databasePassword: "p", salts });
  expect(text).toContain("define('DB_HOST', '172.16.0.99');");
  expect(hostsOf(text)).toEqual(["'172.16.0.40'", "'172.16.0.50'", "'www.example.org'"]);
  expect(text).toContain("$lvs_host = '172.16.0.40';");
});

test("wp-config.php takes a visitor's host with the port of a service that is not on 80", () => {
  const site = resolveSite("dev", {
    services: [{ port: 8080 }, { vip: "172.16.0.50" }],
    wordpress: { hostNames: ["www.example.org"] },
  });
  const text = wpConfig(site, { databasePassword: "p", salts });
  expect(hostsOf(text)).toEqual([
    "'172.16.0.40:8080'",
    "'172.16.0.50'",
    "'www.example.org'",
    "'www.example.org:8080'",
  ]);
  expect(text).toContain("$lvs_host = '172.16.0.40:8080';");
});

/** The hosts that a visitor may ask for. */
function hostsOf(text: string): string[] {
  const [, hosts] = /in_array\(\$lvs_host, array\((.*)\), true\)/.exec(text)!;
  return hosts!.split(", ").toSorted();
}

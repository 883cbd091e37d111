import { resolveSite } from "../../../settings/resolve";
import { myCnf, mysqlSettingsSql, removedUsersSql, siteSql, usersSql } from "../../../templates/mysqlServer";

test("MariaDB listens on the site's network and is sized to its machine", () => {
  const site = resolveSite("dev", { mysql: { address: "172.16.0.99", memoryMiB: 1024, maxConnections: 40 } });
  const lines = myCnf(site.mysql!).split("\n");
  expect(lines).toContain("bind-address = 172.16.0.99");
  expect(lines).toContain("max_connections = 40");
  expect(lines).toContain("innodb_buffer_pool_size = 680M");
});

test("a running MariaDB takes over the same sizes", () => {
  expect(mysqlSettingsSql(resolveSite("dev", { mysql: { maxConnections: 40 } }).mysql!))
    .toBe(`SET GLOBAL connect_timeout = 60;
SET GLOBAL max_connections = 40;
SET GLOBAL innodb_buffer_pool_size = 424 * 1024 * 1024;
SET GLOBAL rpl_semi_sync_master_timeout = 10000;
`);
});

test("wpuser may come from each real server, from nowhere else, and changes content only", () => {
  const site = resolveSite("dev", {});
  const sql = usersSql(site, site.mysql!, "p4ss");
  expect(sql.match(/'wpuser'@'[^']+'/g)).toEqual([
    ...Array<string>(3).fill("'wpuser'@'172.16.0.32'"),
    ...Array<string>(3).fill("'wpuser'@'172.16.0.33'"),
  ]);
  expect(sql.match(/GRANT .*/g)).toEqual([
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON wpdb.* TO 'wpuser'@'172.16.0.32';",
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON wpdb.* TO 'wpuser'@'172.16.0.33';",
  ]);
});

test("users that go are put out by what makes the new ones, and dropped by another script alone", () => {
  const site = resolveSite("dev", {});
  const gone = "FROM mysql.user WHERE User = 'wpuser' AND Host NOT IN ('172.16.0.32', '172.16.0.33')";
  const sql = usersSql(site, site.mysql!, "p4ss");
  expect(sql.split("\n").at(-2)).toBe(`SELECT Host ${gone};`);
  expect(sql).not.toContain(
    "DROP USER', GROUP_CONCAT(QUOTE(User), '@', QUOTE(Host)))\n  FROM mysql.user WHERE User = 'wpuser'",
  );
  expect(removedUsersSql(site, site.mysql!)).toContain(`${gone});\nEXECUTE IMMEDIATE`);
});

test("wpuser comes from each real server's address on MariaDB's network", () => {
  const site = resolveSite("dev", {
    networks: [{ name: "storage", cidr: "192.168.7.0/24" }],
    realServers: [{ addresses: ["172.16.0.32", "192.168.7.32"] }],
    mysql: { address: "192.168.7.35" },
  });
  expect(usersSql(site, site.mysql!, "p4ss")).toContain("CREATE USER IF NOT EXISTS 'wpuser'@'192.168.7.32';");
  expect(myCnf(site.mysql!)).toContain("bind-address = 192.168.7.35\n");
});

test("a password with quotes and backslashes stays one SQL string", () => {
  const site = resolveSite("dev", { realServers: [{}] });
  const sql = usersSql(site, site.mysql!, `it's \\ "odd"`);
  expect(sql).toContain(`ALTER USER 'wpuser'@'172.16.0.32' IDENTIFIED BY 'it\\'s \\\\ "odd"' REQUIRE SSL;`);
});

test("a title with quotes stays one SQL string", () => {
  const sql = siteSql(resolveSite("dev", { wordpress: { title: "Bobby's'); DROP TABLE wp_users; -- \\" } }));
  expect(sql).toContain(
    "UPDATE wp_options SET option_value = 'Bobby\\'s\\'); DROP TABLE wp_users; -- \\\\' WHERE option_name = 'blogname';",
  );
});

test("a site is installed under its VIP and port, as one transaction", () => {
  const sql = siteSql(resolveSite("dev", { services: [{ vip: "172.16.0.77" }] }));
  expect(sql).toContain("option_value = 'http://172.16.0.77' WHERE option_name IN ('siteurl', 'home')");
  expect(siteSql(resolveSite("dev", { services: [{ port: 8080 }] }))).toContain(
    "option_value = 'http://172.16.0.40:8080' WHERE option_name IN ('siteurl', 'home')",
  );
  const redirected = { services: [{ ports: [80, 443] }], tls: { redirect: true } };
  expect(siteSql(resolveSite("dev", redirected))).toContain("option_value = 'https://172.16.0.40' WHERE");
  expect(sql.startsWith("START TRANSACTION;\n")).toBe(true);
  expect(sql.endsWith("COMMIT;\n")).toBe(true);
});

import { resolveSite } from "../../../settings/resolve";
import { backupUserSql } from "../../../templates/backup";
import { databasesOf, otherDatabaseOf } from "../../../settings/site";
import { firewallRules } from "../../../templates/firewall";
import { myCnf, usersSql } from "../../../templates/mysqlServer";
import { followSql, peerCnf, replicationCnf, roleConf } from "../../../templates/replication";
import { wordpressDatabaseFiles } from "../../../templates/wordpressDatabase";

const site = resolveSite("dev", { mysql: { replica: true } });
const [first, second] = databasesOf(site) as [typeof site.mysql & object, typeof site.mysql & object];

test("both machines of a database are alike but for their number", () => {
  const lines = replicationCnf(first).split("\n");
  expect(lines.filter((line) => !replicationCnf(second).split("\n").includes(line))).toEqual([
    "server_id = 1",
  ]);
  expect(lines).toEqual(expect.arrayContaining(["read_only = ON", "gtid_strict_mode = ON"]));
});

test("who is the primary stands in one file", () => {
  expect(roleConf(site, first, second)).toBe("ROLE=primary\nPEER=172.16.0.25\n");
  expect(roleConf(site, second, first)).toBe("ROLE=replica\nPEER=172.16.0.35\n");
  const promoted = resolveSite("dev", { mysql: { replica: true, primary: "mysql2" } });
  expect(roleConf(promoted, first, second)).toBe("ROLE=replica\nPEER=172.16.0.25\n");
  expect(roleConf(promoted, second, first)).toBe("ROLE=primary\nPEER=172.16.0.35\n");
});

test("the machines ask and follow each other over TLS alone, the certificate verified", () => {
  expect(peerCnf(second, "p4ss")).toContain("ssl-ca = /etc/mysql/tls/ca.crt\nssl-verify-server-cert\n");
  // A group that the client reads and mariadb-dump, which knows no such option, does not.
  expect(peerCnf(second, "p4ss")).toContain("[mariadb-client]\nconnect-timeout = 30\n");
  const sql = followSql(second, `it's`);
  expect(sql).toContain("MASTER_SSL = 1");
  expect(sql).toContain("MASTER_SSL_VERIFY_SERVER_CERT = 1");
  expect(sql).toContain(
    "MASTER_HOST = '172.16.0.25', MASTER_USER = 'replicator', MASTER_PASSWORD = 'it\\'s'",
  );
});

test("replicator comes from the other machine alone, over TLS, and is dropped where there is none", () => {
  const sql = usersSql(site, first, "p4ss", "between");
  expect(sql).toContain("ALTER USER 'replicator'@'172.16.0.25' IDENTIFIED BY 'between' REQUIRE SSL;");
  const alone = resolveSite("dev", {});
  expect(usersSql(alone, alone.mysql!, "p4ss")).toContain("WHERE User = 'replicator');\nEXECUTE IMMEDIATE");
});

test("users are each machine's own: no binary log carries them", () => {
  const unlogged = /^SET SESSION sql_log_bin = 0;\n/;
  expect(usersSql(site, first, "p4ss", "between")).toMatch(unlogged);
  const backed = resolveSite("dev", { mysql: { replica: true }, backup: {} });
  expect(backupUserSql(backed, backed.replica!, "p4ss")).toMatch(unlogged);
  expect(backupUserSql(site, first)).toMatch(unlogged);
});

test("a commit waits for the replica as long as the stack file says", () => {
  const { mysql } = resolveSite("dev", { mysql: { replica: true, semiSyncTimeoutSeconds: 3 } });
  expect(myCnf(mysql!)).toContain("rpl_semi_sync_master_timeout = 3000\n");
});

test("a firewall lets the other machine in beside the real servers, and the NFS server where it makes backups", () => {
  const walled = resolveSite("dev", { firewall: true, mysql: { replica: true } });
  const backed = resolveSite("dev", { firewall: true, mysql: { replica: true }, backup: {} });
  expect(firewallRules(backed, backed.replica!)).toContain(
    "ip saddr { 172.16.0.32, 172.16.0.33, 172.16.0.34, 172.16.0.35 } tcp dport 3306",
  );
  expect(firewallRules(walled, walled.mysql!)).toContain(
    "ip saddr { 172.16.0.32, 172.16.0.33, 172.16.0.25 } tcp dport 3306",
  );
  expect(firewallRules(walled, walled.replica!)).toContain(
    "ip saddr { 172.16.0.32, 172.16.0.33, 172.16.0.35 } tcp dport 3306",
  );
});

test("WordPress writes to the primary and verifies that it is the one", () => {
  expect(wordpressDatabaseFiles(first)["wordpress-database.php"]).toBe(`<?php
define('DB_HOST', '172.16.0.35');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
`);
});

test("whichever is the primary, the machines keep their names, addresses and numbers", () => {
  const promoted = resolveSite("dev", { mysql: { replica: true, primary: "mysql2" } });
  expect(databasesOf(promoted)).toEqual(databasesOf(site));
  expect(promoted.mysql!.name).toBe("mysql2");
  expect(otherDatabaseOf(promoted, promoted.mysql!)).toBe(promoted.replica);
});

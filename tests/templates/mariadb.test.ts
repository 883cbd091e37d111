import { readFileSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { backupUserSql } from "../../templates/backup";
import { myCnf, mysqlSettingsSql, removedUsersSql, siteSql, usersSql } from "../../templates/mysqlServer";
import { replicationCnf } from "../../templates/replication";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const site = resolveSite("dev", { wordpress: { title: `It's "LVS" \\ more`, adminUser: "Teacher" } });
const mysql = site.mysql!;

describe("my.cnf", () => {
  const judge = (text: string) =>
    ask("mariadbd", [`--defaults-file=${folder.write("my.cnf", text)}`, "--help", "--verbose"]);

  const valuesOf = (text: string) => {
    const { code, stdout, stderr } = judge(text);
    expect(stderr).not.toContain("[ERROR]");
    expect(code).toBe(0);
    return Object.fromEntries(
      stdout.split("\n").flatMap((line) => {
        const found = /^([a-z][a-z-]+) +(.*)$/.exec(line);
        return found ? [[found[1]!, found[2]!]] : [];
      }),
    );
  };

  test("is taken by MariaDB, each value as it was meant", () => {
    expect(valuesOf(myCnf(mysql))).toMatchObject({
      "bind-address": "172.16.0.35",
      "skip-name-resolve": "TRUE",
      "character-set-server": "utf8mb4",
      "collation-server": "utf8mb4_unicode_ci",
      "max-connections": "26",
      "innodb-buffer-pool-size": String(466 * 1024 * 1024),
      "require-secure-transport": "TRUE",
      "ssl-cert": "/etc/mysql/tls/server.crt",
      "rpl-semi-sync-master-timeout": "10000",
    });
  });

  test("is taken with what replication adds, each value as it was meant", () => {
    const { replica } = resolveSite("dev", { mysql: { replica: true, semiSyncTimeoutSeconds: 3 } });
    expect(valuesOf(myCnf(replica!) + replicationCnf(replica!))).toMatchObject({
      "server-id": "2",
      "read-only": "TRUE",
      "log-slave-updates": "TRUE",
      "binlog-format": "ROW",
      "sync-binlog": "1",
      "binlog-expire-logs-seconds": "604800",
      "gtid-strict-mode": "TRUE",
      "rpl-semi-sync-slave-enabled": "TRUE",
      "rpl-semi-sync-master-enabled": "FALSE",
      "rpl-semi-sync-master-wait-point": "AFTER_SYNC",
      "rpl-semi-sync-master-timeout": "3000",
    });
  });

  test("is refused with a variable that MariaDB does not know", () => {
    const { code, stderr } = judge(myCnf(mysql).replace("max_connections", "max_connection_count"));
    expect(code).not.toBe(0);
    expect(stderr).toContain("unknown variable 'max_connection_count=26'");
  });
});

describe("SQL", () => {
  let runs = 0;

  /** Runs SQL in MariaDB's bootstrap mode, without a network or a socket, on a database of the test's own. */
  function sql(text: string): void {
    const bootstrap = [
      "--bootstrap",
      "--silent-startup",
      "--log-warnings=0",
      "--user=root",
      `--tmpdir=${folder.path}`,
    ];
    const small = ["--innodb-log-file-size=8M", "--innodb-data-file-path=ibdata1:8M:autoextend"];
    mustAsk("mariadbd", ["--no-defaults", `--datadir=${folder.folder("data")}`, ...bootstrap, ...small], {
      input: text,
    });
  }

  /** Runs what changes something, then a query, and gives the query's rows. */
  function rows(changes: string, select: string): string[][] {
    runs += 1;
    const file = `${folder.path}/rows${runs}`;
    sql(`USE mysql;\nFLUSH PRIVILEGES;\n${changes}${select} INTO OUTFILE '${file}';\n`);
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => line.split("\t"));
  }

  beforeAll(() => {
    const system = ["mysql_system_tables", "mysql_system_tables_data"].map((name) =>
      readFileSync(`/usr/share/mysql/${name}.sql`, "utf8"),
    );
    const before =
      "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\n";
    sql(`${before}${system.join("\n")}\nCREATE DATABASE wpdb CHARACTER SET utf8mb4;\n`);
  }, 60_000);

  const users = "SELECT User, Host FROM mysql.user WHERE User IN ('wpuser', 'other') ORDER BY 1, 2";

  test("users.sql lets wpuser in from each real server and keeps a removed one's, which removed-users.sql takes away", () => {
    const before = `CREATE USER 'wpuser'@'172.16.0.98';
CREATE USER 'wpuser'@'172.16.0.99';
CREATE USER 'other'@'172.16.0.99';
`;
    const kept = [
      ["other", "172.16.0.99"],
      ["wpuser", "172.16.0.32"],
      ["wpuser", "172.16.0.33"],
    ];
    expect(rows(before + usersSql(site, mysql, "one"), users)).toEqual([
      ...kept,
      ["wpuser", "172.16.0.98"],
      ["wpuser", "172.16.0.99"],
    ]);
    expect(rows(removedUsersSql(site, mysql), users)).toEqual(kept);
    expect(rows(removedUsersSql(site, mysql), users)).toEqual(kept);
  });

  test("users.sql puts out the hosts of removed real servers and nothing else", () => {
    const select = usersSql(site, mysql, "one").split("\n").at(-2)!.replace(";", "");
    expect(rows("", select)).toEqual([]);
    expect(rows("CREATE USER 'wpuser'@'172.16.0.98';\n", select)).toEqual([["172.16.0.98"]]);
  });

  test("users.sql may run twice", () => {
    const twice = usersSql(site, mysql, "one") + usersSql(site, mysql, "one");
    expect(rows(twice, users)).toContainEqual(["wpuser", "172.16.0.33"]);
  });

  test("users.sql sets the password that was given, whatever is in it", () => {
    const hex = Buffer.from(`it's \\' "odd"`).toString("hex");
    const select = `SELECT Host FROM mysql.user WHERE User = 'wpuser'
      AND authentication_string = PASSWORD(CONVERT(X'${hex}' USING utf8mb4)) ORDER BY 1`;
    expect(rows(usersSql(site, mysql, `it's \\' "odd"`), select)).toEqual([["172.16.0.32"], ["172.16.0.33"]]);
  });

  test("users.sql grants what WordPress needs on wpdb, and nothing on anything else", () => {
    const granted = `SELECT GRANTEE, TABLE_SCHEMA, GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY 1 SEPARATOR ' ')
      FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE '%wpuser%' GROUP BY 1, 2 ORDER BY 1`;
    const privileges = "ALTER CREATE DELETE DROP INDEX INSERT SELECT UPDATE";
    expect(rows(usersSql(site, mysql, "one"), granted)).toEqual([
      ["'wpuser'@'172.16.0.32'", "wpdb", privileges],
      ["'wpuser'@'172.16.0.33'", "wpdb", privileges],
    ]);
    const everywhere = `SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
      WHERE GRANTEE LIKE '%wpuser%' GROUP BY 1`;
    expect(rows("", everywhere)).toEqual([["USAGE"]]);
  });

  test("users.sql lets nobody in without TLS", () => {
    const replicated = resolveSite("dev", { mysql: { replica: true } });
    const select = `SELECT User, Host, ssl_type FROM mysql.user WHERE User IN ('wpuser', 'replicator') ORDER BY 1, 2`;
    const wpusers = [
      ["wpuser", "172.16.0.32", "ANY"],
      ["wpuser", "172.16.0.33", "ANY"],
    ];
    const sql = usersSql(replicated, replicated.mysql!, "one", "between") + removedUsersSql(site, mysql);
    expect(rows(sql, select)).toEqual([["replicator", "172.16.0.25", "ANY"], ...wpusers]);
    expect(rows(usersSql(site, mysql, "one"), select)).toEqual(wpusers);
  });

  test("a site with backups has lvs_backup from the NFS server, with what a backup needs; without them it has none", () => {
    const backed = resolveSite("dev", { backup: {} });
    const own = backupUserSql(backed, backed.mysql!, "one");
    const backupUsers = "SELECT User, Host, ssl_type FROM mysql.user WHERE User = 'lvs_backup'";
    expect(rows(`CREATE USER 'lvs_backup'@'172.16.0.99';\n${own}${own}`, backupUsers)).toEqual([
      ["lvs_backup", "172.16.0.34", "ANY"],
    ]);
    const everywhere = `SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
      WHERE GRANTEE LIKE '%lvs_backup%' ORDER BY 1`;
    expect(rows("", everywhere)).toEqual([["BINLOG ADMIN"], ["PROCESS"], ["RELOAD"]]);
    const schemas = `SELECT DISTINCT TABLE_SCHEMA FROM information_schema.SCHEMA_PRIVILEGES
      WHERE GRANTEE LIKE '%lvs_backup%' ORDER BY 1`;
    expect(rows("", schemas)).toEqual([["wpdb"], ["wpdb\\\\_%"]]);
    expect(rows(backupUserSql(site, mysql), backupUsers)).toEqual([]);
    expect(rows(backupUserSql(site, mysql), backupUsers)).toEqual([]);
  });

  test("settings.sql takes effect on a running server", () => {
    const select = "SELECT @@max_connections, @@innodb_buffer_pool_size";
    expect(rows(mysqlSettingsSql(mysql), select)).toEqual([["26", String(466 * 1024 * 1024)]]);
  });

  test("site.sql names the site and its first user, quotes and all", () => {
    const tables = `USE wpdb;
CREATE TABLE wp_options (option_name VARCHAR(191) PRIMARY KEY, option_value LONGTEXT, autoload VARCHAR(20));
INSERT INTO wp_options VALUES ('blogname', '', ''), ('admin_email', '', ''), ('siteurl', '', ''), ('home', '', '');
CREATE TABLE wp_users (ID INT PRIMARY KEY, user_login TEXT, user_nicename TEXT, display_name TEXT, user_email TEXT,
  user_url TEXT, user_pass TEXT);
INSERT INTO wp_users (ID, user_login) VALUES (1, 'admin'), (2, 'other');
SET @password_hash = 'hash';
`;
    const options =
      "SELECT option_name, HEX(option_value) FROM wp_options WHERE option_name <> 'lvs_installed' ORDER BY 1";
    const hex = (text: string) => Buffer.from(text).toString("hex").toUpperCase();
    expect(rows(tables + siteSql(site), options)).toEqual([
      ["admin_email", hex("admin@example.org")],
      ["blogname", hex(`It's "LVS" \\ more`)],
      ["home", hex("http://172.16.0.40")],
      ["siteurl", hex("http://172.16.0.40")],
    ]);
    const user =
      "SELECT ID, user_login, user_nicename, display_name, user_email, user_url, user_pass FROM wpdb.wp_users ORDER BY 1";
    expect(rows("", user)).toEqual([
      ["1", "Teacher", "teacher", "Teacher", "admin@example.org", "http://172.16.0.40", "hash"],
      ["2", "other", "\\N", "\\N", "\\N", "\\N", "\\N"],
    ]);
    expect(rows("", "SELECT COUNT(*) FROM wpdb.wp_options WHERE option_name = 'lvs_installed'")).toEqual([
      ["1"],
    ]);
  });
});

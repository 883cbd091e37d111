/** Files of the MySQL server: settings, users and grants, and the first content of the site. */
import {
  type MysqlSettings,
  type SiteSettings,
  addressToward,
  otherDatabaseOf,
  siteUrl,
} from "../settings/site";

/** Paths on a database machine: its certificate, its key, and the CA that signed the certificates of both machines. */
export const databaseTls = {
  ca: "/etc/mysql/tls/ca.crt",
  certificate: "/etc/mysql/tls/server.crt",
  key: "/etc/mysql/tls/server.key",
} as const;

/** Seconds for a login. MariaDB's default of ten seconds is too short for a busy, emulated machine. */
const loginSeconds = 60;

/**
 * MariaDB's system variables: bound to the machine's address, TLS only, utf8mb4, sized to the machine. Clients on the machine's own
 * socket use no TLS, which would take five times as long.
 */
export function myCnf(mysql: MysqlSettings): string {
  return `[client]
skip-ssl

[mysqld]
connect_timeout = ${loginSeconds}
bind-address = ${mysql.address}
skip-name-resolve
require_secure_transport = ON
ssl_ca = ${databaseTls.ca}
ssl_cert = ${databaseTls.certificate}
ssl_key = ${databaseTls.key}
rpl_semi_sync_master_timeout = ${mysql.semiSyncTimeoutSeconds * 1000}
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
max_connections = ${mysql.maxConnections}
innodb_buffer_pool_size = ${mysql.bufferPoolMiB}M
`;
}

/** The variables of my.cnf that a running server can take over, as SQL. */
export function mysqlSettingsSql(mysql: MysqlSettings): string {
  return `SET GLOBAL connect_timeout = ${loginSeconds};
SET GLOBAL max_connections = ${mysql.maxConnections};
SET GLOBAL innodb_buffer_pool_size = ${mysql.bufferPoolMiB} * 1024 * 1024;
SET GLOBAL rpl_semi_sync_master_timeout = ${mysql.semiSyncTimeoutSeconds * 1000};
`;
}

export const sqlString = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** WordPress's privileges: its content, and the tables that its updates change. Nothing more. */
const grants = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX";

const hostsOf = (site: SiteSettings, mysql: MysqlSettings): string[] =>
  site.realServers.map((server) => addressToward(server, mysql));

/** SQL condition for `wpuser` at any host that is not a real server. */
const removed = (site: SiteSettings, mysql: MysqlSettings): string =>
  `User = 'wpuser' AND Host NOT IN (${hostsOf(site, mysql).map(sqlString).join(", ")})`;

/** Keeps the statements out of the binary log, because each database machine gets its users from its own job. */
export const unlogged = "SET SESSION sql_log_bin = 0;\n";

/**
 * SQL that creates `wpuser` for each real server's address, over TLS, and `replicator` if there is another
 * database machine. Its output is the hosts of `wpuser` that are real servers no longer, one line each.
 */
export function usersSql(
  site: SiteSettings,
  mysql: MysqlSettings,
  password: string,
  replicationPassword = "",
): string {
  const peer = otherDatabaseOf(site, mysql);
  const users = hostsOf(site, mysql).map(
    (host) => `CREATE USER IF NOT EXISTS 'wpuser'@'${host}';
ALTER USER 'wpuser'@'${host}' IDENTIFIED BY ${sqlString(password)} REQUIRE SSL;
GRANT ${grants} ON wpdb.* TO 'wpuser'@'${host}';
`,
  );
  const replicator = peer
    ? replicatorSql(mysql, peer, replicationPassword)
    : dropUsers("User = 'replicator'");
  return `${unlogged}${users.join("")}${replicator}SELECT Host FROM mysql.user WHERE ${removed(site, mysql)};
`;
}

const copied = "SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES";

/**
 * `replicator` may log in from the other database machine only. It reads the binary log, copies the content,
 * including the databases of restores, and switches semi-synchronous replication on.
 */
function replicatorSql(mysql: MysqlSettings, peer: MysqlSettings, password: string): string {
  const replicator = `'replicator'@'${addressToward(peer, mysql)}'`;
  return `CREATE USER IF NOT EXISTS ${replicator};
ALTER USER ${replicator} IDENTIFIED BY ${sqlString(password)} REQUIRE SSL;
GRANT RELOAD, BINLOG MONITOR, REPLICATION SLAVE, REPLICATION MASTER ADMIN ON *.* TO ${replicator};
GRANT ${copied} ON wpdb.* TO ${replicator};
GRANT ${copied} ON \`wpdb\\_%\`.* TO ${replicator};
`;
}

export const dropUsers = (condition: string): string =>
  `SET @drop_removed = (SELECT CONCAT('DROP USER ', GROUP_CONCAT(QUOTE(User), '@', QUOTE(Host)))
  FROM mysql.user WHERE ${condition});
EXECUTE IMMEDIATE COALESCE(@drop_removed, 'DO 0');
`;

/** SQL that drops `wpuser` for hosts that are real servers no longer. */
export function removedUsersSql(site: SiteSettings, mysql: MysqlSettings): string {
  return unlogged + dropUsers(removed(site, mysql));
}

/** SQL that sets the site's name and first user. The script sets `@password_hash` before. */
export function siteSql(site: SiteSettings): string {
  const { title, adminUser, adminEmail } = site.wordpress;
  const url = siteUrl(site).slice(0, -1);
  return `START TRANSACTION;
UPDATE wp_options SET option_value = ${sqlString(title)} WHERE option_name = 'blogname';
UPDATE wp_options SET option_value = ${sqlString(adminEmail)} WHERE option_name = 'admin_email';
UPDATE wp_options SET option_value = ${sqlString(url)} WHERE option_name IN ('siteurl', 'home');
UPDATE wp_users SET user_login = ${sqlString(adminUser)}, user_nicename = LOWER(${sqlString(adminUser)}),
  display_name = ${sqlString(adminUser)}, user_email = ${sqlString(adminEmail)}, user_url = ${sqlString(url)},
  user_pass = @password_hash WHERE ID = 1;
INSERT INTO wp_options (option_name, option_value, autoload) VALUES ('lvs_installed', NOW(), 'no');
COMMIT;
`;
}

/** What the MySQL server reads: its settings, its users and grants, and the first content of the site. */
import { type MysqlSettings, type SiteSettings, addressToward, siteUrl } from "../settings/site";

/** MariaDB's system variables: bound to the lab's address, utf8mb4, sized to the machine. */
export function myCnf(mysql: MysqlSettings): string {
  return `[mysqld]
bind-address = ${mysql.address}
skip-name-resolve
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
max_connections = ${mysql.maxConnections}
innodb_buffer_pool_size = ${mysql.bufferPoolMiB}M
`;
}

/** What of my.cnf a running server takes over at once. */
export function mysqlSettingsSql(mysql: MysqlSettings): string {
  return `SET GLOBAL max_connections = ${mysql.maxConnections};
SET GLOBAL innodb_buffer_pool_size = ${mysql.bufferPoolMiB} * 1024 * 1024;
`;
}

const sqlString = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** What WordPress needs and no more: content, and the tables that its updates change. */
const grants = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX";

const hostsOf = (site: SiteSettings, mysql: MysqlSettings): string[] =>
  site.realServers.map((server) => addressToward(server, mysql));

/** SQL condition for \`wpuser\` from anywhere but a real server. */
const removed = (site: SiteSettings, mysql: MysqlSettings): string =>
  `User = 'wpuser' AND Host NOT IN (${hostsOf(site, mysql).map(sqlString).join(", ")})`;

/** \`wpuser\` from each real server's address; puts out the hosts from which it may come no more. */
export function usersSql(site: SiteSettings, mysql: MysqlSettings, password: string): string {
  return `${hostsOf(site, mysql)
    .map(
      (host) => `CREATE USER IF NOT EXISTS 'wpuser'@'${host}';
ALTER USER 'wpuser'@'${host}' IDENTIFIED BY ${sqlString(password)};
GRANT ${grants} ON wpdb.* TO 'wpuser'@'${host}';
`,
    )
    .join("")}SELECT Host FROM mysql.user WHERE ${removed(site, mysql)};
`;
}

/** Takes away \`wpuser\` of real servers that are no more: it comes from nowhere else. */
export function removedUsersSql(site: SiteSettings, mysql: MysqlSettings): string {
  return `SET @drop_removed = (SELECT CONCAT('DROP USER ', GROUP_CONCAT(QUOTE(User), '@', QUOTE(Host)))
  FROM mysql.user WHERE ${removed(site, mysql)});
EXECUTE IMMEDIATE COALESCE(@drop_removed, 'DO 0');
`;
}

/** The site's name and first user; \`@password_hash\` is set by the script before this runs. */
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

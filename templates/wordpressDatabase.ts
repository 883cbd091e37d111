/** WordPress's database connection. The file is on each real server itself, so that a new primary is known there at once. */
import type { MysqlSettings } from "../settings/site";

/** Path on a real server. wp-config.php, which real servers may share, requires this file. */
export const wordpressDatabaseFile = "/usr/local/share/lvs/wordpress-database.php";

const caFile = "/etc/lvs/database-ca.crt";

/** Uses TLS, and accepts only a certificate of the site's own CA for this address. */
export function wordpressDatabase(mysql: MysqlSettings): string {
  return `<?php
define('DB_HOST', '${mysql.address}');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
`;
}

/** php.ini(5): wpdb passes no CA to mysqli, so PHP uses this one. WordPress's HTTP requests have their own. */
export const databaseIni = `openssl.cafile = ${caFile}\n`;

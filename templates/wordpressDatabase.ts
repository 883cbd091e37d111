/** How WordPress on a real server reaches its database: on the machine itself, so that another primary is known there at once. */
import type { MysqlSettings } from "../settings/site";

/** wp-config.php, which all real servers share, requires it. */
export const wordpressDatabaseFile = "/usr/local/share/lvs/wordpress-database.php";

const caFile = "/etc/lvs/database-ca.crt";

/** Over TLS, and only to a machine whose certificate is by the site's own CA and for this address. */
export function wordpressDatabase(mysql: MysqlSettings): string {
  return `<?php
define('DB_HOST', '${mysql.address}');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
`;
}

/** php.ini(5): wpdb passes mysqli no CA, and PHP then takes this one. WordPress's HTTP requests bring their own. */
export const databaseIni = `openssl.cafile = ${caFile}\n`;

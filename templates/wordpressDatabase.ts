/** WordPress's database connection. The file is on each real server itself, so that a new primary is known there at once. */
import type { MysqlSettings } from "../settings/site";
import { placementOf } from "./placements";

/** Path on a real server. wp-config.php, which real servers may share, requires this file. */
export const wordpressDatabaseFile = placementOf("real-server", "wordpress-database.php").path;

const caFile = placementOf("real-server", "database-ca.crt").path;

/**
 * The files of a real server's job that name the database: PHP constants for WordPress, which use TLS and accept only a certificate
 * of the site's own CA for this address, and the address alone for the job's script.
 */
export const wordpressDatabaseFiles = (mysql: MysqlSettings) => ({
  "wordpress-database.php": `<?php
define('DB_HOST', '${mysql.address}');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
`,
  "database-address": `${mysql.address}\n`,
});

/** php.ini(5): wpdb passes no CA to mysqli, so PHP uses this one. WordPress's HTTP requests have their own. */
export const databaseIni = `openssl.cafile = ${caFile}\n`;

/** What the NFS server reads: exports, nfs.conf, and the wp-config.php that it writes into the tree. */
import type { SiteSettings } from "../settings/site";
import { siteHost } from "../settings/site";

/** `www-data` in every machine of the image. */
const wwwData = 33;

/**
 * exports(5), one line a real server. Every client user is mapped to www-data: root is squashed, and php-fpm may write
 * uploads; the code belongs to root and stays read-only.
 */
export function exportsFile(site: SiteSettings): string {
  const options = `rw,sync,no_subtree_check,all_squash,anonuid=${wwwData},anongid=${wwwData}`;
  return site.realServers.map((server) => `/data/wordpress ${server.address}(${options})\n`).join("");
}

/** nfs.conf(5): version 4.2 alone, and a grace period that does not keep a restarted server silent for 90 s. */
export function nfsConf(site: SiteSettings): string {
  return `[nfsd]
host=${site.nfs.address}
vers2=n
vers3=n
vers4.0=n
vers4.1=n
vers4.2=y
udp=n
grace-time=10
lease-time=10
threads=8
`;
}

export interface WordpressSecrets {
  readonly databasePassword: string;
  /** One for each of WordPress's eight keys and salts. */
  readonly salts: readonly string[];
}

export const saltNames = [
  "AUTH_KEY",
  "SECURE_AUTH_KEY",
  "LOGGED_IN_KEY",
  "NONCE_KEY",
  "AUTH_SALT",
  "SECURE_AUTH_SALT",
  "LOGGED_IN_SALT",
  "NONCE_SALT",
] as const;

const phpString = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/**
 * wp-config.php. The site answers under its VIPs, its names, and a forwarded loopback port, whichever the visitor used;
 * any other Host header is answered as the first VIP.
 */
export function wpConfig(site: SiteSettings, secrets: WordpressSecrets): string {
  const withPort = (host: string, port: number) => (port === 80 ? host : `${host}:${port}`);
  const named = [
    ...site.services.map(({ vip, port }) => withPort(vip, port)),
    ...site.services.flatMap(({ port }) => site.wordpress.hostNames.map((name) => withPort(name, port))),
  ];
  const hosts = [...new Set(named)].map(phpString).join(", ");
  const salts = saltNames
    .map((name, index) => `define('${name}', ${phpString(secrets.salts[index]!)});`)
    .join("\n");
  return `<?php
define('DB_NAME', 'wpdb');
define('DB_USER', 'wpuser');
define('DB_PASSWORD', ${phpString(secrets.databasePassword)});
define('DB_HOST', '${site.mysql.address}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
${salts}
$table_prefix = 'wp_';

$lvs_host = $_SERVER['HTTP_HOST'] ?? '';
if (!in_array($lvs_host, array(${hosts}), true) && !preg_match('/^(127\\.0\\.0\\.1|localhost)(:\\d+)?$/', $lvs_host)) {
    $lvs_host = ${phpString(siteHost(site))};
}
define('WP_HOME', 'http://' . $lvs_host);
define('WP_SITEURL', WP_HOME);

define('WP_DEBUG', false);
define('DISALLOW_FILE_EDIT', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
`;
}

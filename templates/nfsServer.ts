/** Files of the NFS server: exports and nfs.conf. And wp-config.php, which is part of WordPress's tree on any machine. */
import {
  type MachineSettings,
  type SiteSettings,
  addressToward,
  hostAt,
  siteUrl,
  entryPoints,
} from "../settings/site";
import { hasLocalCode } from "../settings/webFiles";
import { placementOf } from "./placements";
import { wordpressDatabaseFile } from "./wordpressDatabase";
import { paired } from "../settings/lists";

/** The user id of `www-data` on every machine. */
const wwwData = 33;

/** The folder that the NFS server exports, and its mount point on real servers. */
export function webTree(site: SiteSettings): { readonly exported: string; readonly mounted: string } {
  if (hasLocalCode(site)) return { exported: "/data/uploads", mounted: "/wordpress/wp-content/uploads" };
  return site.content === "wordpress"
    ? { exported: "/data/wordpress", mounted: "/wordpress" }
    : { exported: "/data/wwwroot", mounted: "/opt/wwwroot" };
}

/**
 * exports(5), one line per real server. All client users are mapped to www-data: root is squashed, and php-fpm may write uploads. The
 * code belongs to root and stays read-only. A static site is read-only.
 */
export function exportsFile(site: SiteSettings, nfs: MachineSettings): string {
  const access = site.content === "wordpress" ? "rw" : "ro";
  const options = `${access},sync,no_subtree_check,all_squash,anonuid=${wwwData},anongid=${wwwData}`;
  return site.realServers
    .map((server) => `${webTree(site).exported} ${addressToward(server, nfs)}(${options})\n`)
    .join("");
}

/**
 * fstab of an NFS server that exports only the uploads: a bind mount gives them a path of their own. While a site
 * changes over, the whole tree is still exported too, and a client that reached the uploads through that export
 * would lose them together with it.
 */
export function nfsServerFstab(site: SiteSettings): string {
  return `/data/wordpress/wp-content/uploads ${webTree(site).exported} none bind,nofail 0 0\n`;
}

/** nfs.conf(5): version 4.2 only, and a grace period of 10 s, because a restarted server is silent for 90 s by default. */
export function nfsConf(nfs: MachineSettings): string {
  return `[nfsd]
host=${nfs.address}
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
  /** One value for each of WordPress's eight keys and salts, in the order of `saltNames`. */
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

const sessionsFile = placementOf("real-server", "sessions.php").path;

const phpString = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/**
 * Hooks in the form in which WordPress takes them over when it loads (WP_Hook::build_preinitialized_hooks). So the site needs no
 * plugin of its own, and its tree stays as it is.
 */
function hooks({ wordpress: { publicUsers, publicVersion } }: SiteSettings): string {
  const hook = (name: string, parameters: string, body: string) =>
    `$GLOBALS['wp_filter']['${name}'][10]['lvs'] = array('accepted_args' => 2, 'function' => function (${parameters}) {
    ${body}
});
`;
  const users = [
    hook(
      "rest_endpoints",
      "$routes",
      "return is_user_logged_in() ? $routes : array_diff_key($routes, array('/wp/v2/users' => 0, '/wp/v2/users/(?P<id>[\\d]+)' => 0));",
    ),
    hook(
      "request",
      "$asked",
      "$about_users = isset($asked['author']) || ($asked['sitemap'] ?? '') === 'users';\n    return $about_users && !is_user_logged_in() ? array('error' => '404') : $asked;",
    ),
    hook("wp_sitemaps_add_provider", "$provider, $name", "return $name === 'users' ? false : $provider;"),
  ];
  return [
    ...(publicUsers ? [] : users),
    ...(publicVersion ? [] : [hook("the_generator", "$tag", "return '';")]),
  ].join("");
}

/** Every `Host` header that a visitor may send. Names with a wildcard are left out. */
function visitorHosts(site: SiteSettings): string[] {
  const names = [...site.wordpress.hostNames, ...(site.tls?.names ?? [])].filter(
    (name) => !name.startsWith("*"),
  );
  const ways = entryPoints(site).filter(({ listener }) => ["http", "https"].includes(listener.application));
  return [...new Set(ways.flatMap((way) => [way.vip, ...names].map((host) => hostAt(host, way))))];
}

/**
 * wp-config.php. The site answers at its VIPs, its names, and a forwarded loopback port, over http or https as the visitor chose. Any
 * other Host header counts as the first VIP. The address of the database is in a separate file on each real server.
 */
export function wpConfig(site: SiteSettings, secrets: WordpressSecrets): string {
  const hosts = visitorHosts(site).map(phpString).join(", ");
  const salts = paired(saltNames, secrets.salts)
    .map(([name, salt]) => `define('${name}', ${phpString(salt)});`)
    .join("\n");
  return `<?php
define('DB_NAME', 'wpdb');
define('DB_USER', 'wpuser');
define('DB_PASSWORD', ${phpString(secrets.databasePassword)});
require ${phpString(wordpressDatabaseFile)};
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
${salts}
$table_prefix = 'wp_';

$lvs_host = $_SERVER['HTTP_HOST'] ?? '';
$lvs_scheme = ($_SERVER['HTTPS'] ?? '') === 'on' ? 'https' : 'http';
$lvs_known = in_array($lvs_host, array(${hosts}), true) || preg_match('/^(127\\.0\\.0\\.1|localhost)(:\\d+)?$/', $lvs_host);
define('WP_HOME', $lvs_known ? "$lvs_scheme://$lvs_host" : ${phpString(siteUrl(site).slice(0, -1))});
define('WP_SITEURL', WP_HOME);

define('WP_DEBUG', false);
define('DISALLOW_FILE_EDIT', true);
${hasLocalCode(site) ? "define('DISALLOW_FILE_MODS', true);\n" : ""}define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
${hooks(site)}// A real server that is set up later gets this file with its job.
if (is_file(${phpString(sessionsFile)})) {
    require ${phpString(sessionsFile)};
}
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
`;
}

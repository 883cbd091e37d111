/** Files of php-fpm on a real server. */
import type { RealServerSettings, SiteSettings } from "../settings/site";

export const phpListeners = { tcp: "127.0.0.1:9000", unix: "/run/php/wordpress.sock" } as const;

/** php-fpm's address, as nginx's `fastcgi_pass` takes it. */
export const phpAddress = ({ php: { listener } }: SiteSettings): string =>
  `${listener === "unix" ? "unix:" : ""}${phpListeners[listener]}`;

/** The php-fpm pool. It replaces Debian's `www.conf`. */
export function phpPool(site: SiteSettings, server: RealServerSettings): string {
  const unix = site.php.listener === "unix";
  return `[wordpress]
user = www-data
group = www-data
listen = ${phpListeners[site.php.listener]}
${unix ? "listen.owner = www-data\nlisten.group = www-data\nlisten.mode = 0660" : "listen.allowed_clients = 127.0.0.1"}
pm = dynamic
pm.max_children = ${server.phpChildren}
pm.start_servers = 1
pm.min_spare_servers = 1
pm.max_spare_servers = ${Math.min(2, server.phpChildren)}
pm.max_requests = 1000
catch_workers_output = yes
`;
}

/** What a form may add to the file that it uploads. */
export const formMiB = 1;

/**
 * php.ini. OPcache's file cache is filled in the image. One request in a hundred with a session removes those that have ended. PHP files
 * are requested by their whole path, so cgi.fix_pathinfo is off.
 */
export function phpIni({
  php: { uploadMiB },
  cache: { opcacheMiB, realpathCacheKiB },
}: SiteSettings): string {
  return `opcache.memory_consumption = ${opcacheMiB}
opcache.max_accelerated_files = 8000
opcache.revalidate_freq = 10
opcache.file_cache = /var/cache/opcache
realpath_cache_size = ${realpathCacheKiB}K
realpath_cache_ttl = 300
cgi.fix_pathinfo = 0
upload_max_filesize = ${uploadMiB}M
post_max_size = ${uploadMiB + formMiB}M
expose_php = Off
session.gc_probability = 1
session.gc_divisor = 100
session.use_strict_mode = 1
session.cookie_httponly = 1
session.cookie_samesite = Lax
`;
}

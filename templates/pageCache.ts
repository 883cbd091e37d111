/**
 * nginx's cache of WordPress's pages and files on local disk. This nginx never reads the tree: a stalled NFS would block its workers,
 * and with them /healthz and all cached pages. Another nginx reads the files (treeConf).
 */
import type { SiteSettings } from "../settings/site";
import { phpAddress } from "./php";
import { visitorScheme } from "./proxies";

const treeFolder = "/run/nginx-tree";
const treeAddress = `unix:${treeFolder}/socket`;

export const phpStatusPath = "/lvs-php-status";

/** Whether pages are cached. */
export const hasPageCache = ({ content, cache }: SiteSettings): boolean =>
  content === "wordpress" && cache.page.seconds > 0;

/**
 * How long a visitor who has posted bypasses the cache, in seconds. At the time of the post the cached copy may be
 * as old as this.
 */
export const postedSeconds = ({ cache: { page } }: SiteSettings): number =>
  page.seconds + page.timeoutSeconds;

const folders = { pages: "/var/cache/nginx-pages", files: "/var/cache/nginx-files" } as const;

/** The folders of a real server's caches, one a line. */
export const cacheFolders = (site: SiteSettings): string =>
  hasPageCache(site)
    ? Object.values(folders)
        .map((folder) => `${folder}\n`)
        .join("")
    : "";

/**
 * Directives for the http block. nginx counts failures only of an upstream with several servers, so each has a second one that is
 * always down. Then one request in three times `timeoutSeconds` waits for a backend that does not answer, and the others get the cached
 * copy at once.
 */
export function cacheSettings(site: SiteSettings): string {
  if (site.content !== "wordpress") return "";
  const { staleSeconds, timeoutSeconds, maxMiB } = site.cache.page;
  const folder = (name: keyof typeof folders) =>
    `${folders[name]} levels=1:2 keys_zone=${name}:4m inactive=${staleSeconds}s max_size=${maxMiB}m use_temp_path=off`;
  const upstream = (name: string, address: string) => `  upstream ${name} {
    zone ${name}_state 64k;
    server ${address} max_fails=1 fail_timeout=${3 * timeoutSeconds}s;
    server ${address} down;
  }
`;
  if (!hasPageCache(site)) return "";
  return `  fastcgi_cache_path ${folder("pages")};
  proxy_cache_path ${folder("files")};
  map $http_cookie $visitor {
    ~(wordpress_logged_in|wp-postpass|comment_author|woocommerce_|PHPSESSID|lvs_posted)  known;
  }
  map "$request_method $http_authorization$arg_preview$visitor" $uncached {
    default  1;
    "GET "   0;
    "HEAD "  0;
  }
  map $request_method $posted {
    POST  "lvs_posted=1; Path=/; Max-Age=${postedSeconds(site)}; HttpOnly; SameSite=Lax";
  }
${upstream("pages", phpAddress(site))}${upstream("files", treeAddress)}`;
}

/** Headers for WordPress's server block: the state of the cache, and the cookie of visitors who have posted. */
export const cacheHeaders = (site: SiteSettings): string =>
  hasPageCache(site)
    ? `    add_header X-Cache $upstream_cache_status always;
    add_header Set-Cookie $posted;
`
    : "";

/**
 * The scheme and host are part of the key because a page's links begin with them, and the method because PHP sends
 * no body for HEAD.
 */
const keyOf = (site: SiteSettings): string =>
  `"${visitorScheme(site)} $request_method $http_host$request_uri"`;

/**
 * Locations of WordPress's pages, which are cached for a while. PHP files that are requested by name, such as the administration's, are
 * not cached. `run` passes a request to php-fpm. Without a cached copy, PHP gets all the time that it needs.
 */
export function pageLocations(site: SiteSettings, run: string): string {
  const { seconds, timeoutSeconds } = site.cache.page;
  const kept = `      error_page 418 502 504 = @page;
      if ($uncached) {
        return 418;
      }
      rewrite ^ /index.php break;
      fastcgi_cache pages;
      fastcgi_cache_key ${keyOf(site)};
      fastcgi_cache_valid 200 301 ${seconds}s;
      fastcgi_cache_lock on;
      fastcgi_cache_use_stale error timeout updating http_500 http_503;
      fastcgi_connect_timeout ${timeoutSeconds}s;
      fastcgi_read_timeout ${timeoutSeconds}s;
${run.replace(/fastcgi_pass [^;]+/, "fastcgi_pass pages")}`;
  const bypass = `      fastcgi_cache pages;
      fastcgi_cache_key ${keyOf(site)};
      fastcgi_cache_bypass 1;
      fastcgi_no_cache $uncached;
`;
  const made = "      rewrite ^ /index.php break;\n";
  return `    location / {
${hasPageCache(site) ? kept : made + run}    }

    location @page {
      if ($uri ~ ^/wp-(content|includes)/) {
        return 404;
      }
${made}${hasPageCache(site) ? bypass : ""}${run}    }

    location = /wp-admin {
      return 301 ${visitorScheme(site)}://$http_host/wp-admin/;
    }

    location ~ ^/wp-admin/((network|user)/)?$ {
      rewrite ^(.*)$ $1index.php last;
    }

`;
}

const filesFrom = (
  { cache: { page } }: SiteSettings,
  address: string,
): string => `      proxy_pass http://${address};
      proxy_connect_timeout ${page.timeoutSeconds}s;
      proxy_read_timeout ${page.timeoutSeconds}s;
      proxy_intercept_errors on;
      error_page 403 404 = @page;
`;

/** Directives that serve a file of the tree, uncached. WordPress answers for files that do not exist. */
export const treeFiles = (site: SiteSettings): string => filesFrom(site, treeAddress);

/** Locations of files. */
export function fileLocations(site: SiteSettings): string {
  const { seconds } = site.cache.page;
  const tree = treeFiles(site);
  const kept = `      proxy_cache files;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 ${seconds}s;
      proxy_cache_revalidate on;
      proxy_cache_use_stale error timeout updating;
      error_page 502 = @file;
${filesFrom(site, "files")}`;
  return `    location ~* \\.(css|js|png|jpg|jpeg|gif|svg|webp|ico|woff2?)$ {
      expires 7d;
${hasPageCache(site) ? kept : tree}    }

    location ~ \\.[^/]+$ {
${tree}    }

    location @file {
${tree}    }
`;
}

/** The status of php-fpm's caches, for this machine only. */
export const statusLocation = (run: string): string => `    location = ${phpStatusPath} {
      access_log off;
      allow 127.0.0.1;
      deny all;
${run}    }

`;

/** nginx.conf of the second nginx, which reads the tree and waits when NFS stalls. */
export function treeConf(): string {
  return `user www-data;
worker_processes 1;
daemon off;
pid ${treeFolder}/pid;
error_log stderr;

events {
  worker_connections 512;
}

http {
  include mime.types;
  default_type application/octet-stream;
  server_tokens off;
  sendfile on;
  access_log off;
  log_not_found off;

  server {
    listen ${treeAddress};
    root /wordpress;

    location ~ \\.php$ {
      return 404;
    }
  }
}
`;
}

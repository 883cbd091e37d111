/** nginx.conf of a real server, for every kind of content. */
import { isIpv6 } from "../settings/ipv6";
import {
  type RealServerSettings,
  type SiteSettings,
  bracketed,
  hostAt,
  listenersOf,
  vipsOf,
  entryPoints,
} from "../settings/site";
import { localFiles, sourceOf } from "../settings/webFiles";
import { webTree } from "./nfsServer";
import { headerValues, hstsHeader, securityHeaders } from "./browserHeaders";
import {
  cacheHeaders,
  cacheSettings,
  fileLocations,
  pageLocations,
  statusLocation,
  treeFiles,
} from "./pageCache";
import { formMiB, phpAddress } from "./php";
import { proxiedHttps, proxySettings } from "./proxies";
import { heldVips } from "./realServer";
import { guardLocations, loginLimit, phpLocations } from "./wordpressGuards";
import { present } from "../settings/lists";
import { beforeFirst } from "../settings/text";

type Scheme = "http" | "https";

/** The parts of nginx.conf that depend on the content. */
interface Pages {
  /** Hosts that are answered; connections for any other host are closed. Default: any host. */
  readonly names?: readonly string[];
  /** The nginx directives of `/readyz`. */
  readonly ready: string;
  readonly locations: string;
}

/** The whole nginx.conf. `/healthz` tests nginx alone, `/readyz` everything behind it. Every answer names the real server. */
export function nginxConf(site: SiteSettings, server: RealServerSettings): string {
  const pages = { wordpress: wordpressPages, static: staticPages, shop: shopPages }[site.content](
    site,
    server,
  );
  return `user www-data;
worker_processes auto;
pid /run/nginx.pid;

events {
  worker_connections 1024;
}

http {
  include mime.types;
  default_type application/octet-stream;
  server_tokens off;
  server_names_hash_bucket_size 512;
  sendfile on;
  tcp_nopush on;
  client_max_body_size ${site.php.uploadMiB + formMiB}m;
  fastcgi_read_timeout 120s;
  fastcgi_buffers 16 16k;
  fastcgi_buffer_size 32k;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;
${site.tls ? tlsSettings : ""}${proxySettings(site)}${loginLimit(site)}${headerValues(site)}  log_format site '$time_iso8601 $remote_addr $server_addr "$request" $status $body_bytes_sent $request_time';
  access_log /var/log/nginx/access.log site;
${site.content === "static" ? "" : hostPort}${cacheSettings(site)}
${serverBlocks(site, server, pages).join("\n")}}
`;
}

export const tlsSettings = `  ssl_certificate /etc/nginx/tls.crt;
  ssl_certificate_key /etc/nginx/tls.key;
  ssl_protocols TLSv1.2 TLSv1.3;
`;

function serverBlocks(site: SiteSettings, server: RealServerSettings, pages: Pages): string[] {
  const { names, ready, locations } = pages;
  const vips = [...new Set(heldVips(site, server).map((held) => beforeFirst(held, "@")))];
  const head = `${names ? `    server_name ${names.join(" ")};\n` : ""}    add_header X-Real-Server ${server.name} always;
${hstsHeader(site)}
    location = /healthz {
      access_log off;
      default_type text/plain;
      return 200 "ok\\n";
    }

    location = /readyz {
      access_log off;
${vips.length === 0 ? ready : nextHop(0)}    }

`;
  const block = (listens: readonly string[], body: string) =>
    `  server {\n${listens.map((listen) => `    listen ${listen};\n`).join("")}${body}  }\n`;
  const [http, https] = [listensFor(site, "http"), listensFor(site, "https")];
  const fallback = [...http, ...https].map((listen) => `${listen} default_server`);
  return [
    ...(names ? [block(fallback, "    return 444;\n")] : []),
    ...(site.tls?.redirect && http.length > 0 ? [block(http, head + redirect(site))] : []),
    block(site.tls?.redirect ? https : [...http, ...https], head + locations),
    ...(vips.length === 0 ? [] : [block(hopListens(vips), hops(vips, ready))]),
    ...(site.content === "wordpress" ? [] : [bodyCounter]),
  ];
}

const hopPort = 61081;
const nextHop = (index: number, address = "127.0.0.1"): string =>
  `      proxy_pass http://${address}:${hopPort}/held/${index};\n`;
const hopListens = (vips: readonly string[]): string[] =>
  ["127.0.0.1", ...(vips.some(isIpv6) ? ["[::1]"] : [])].map((address) => `${address}:${hopPort}`);

/**
 * A real server without its VIP drops its clients' packets, but still answers at its own address. So `/readyz` sends a request to
 * itself from each of its VIPs in turn, which fails for a missing VIP, and then checks whether it is ready.
 */
function hops(vips: readonly string[], ready: string): string {
  const locations = vips.map(
    (vip, index) => `    location = /held/${index} {
      proxy_bind ${vip};
${nextHop(index + 1, isIpv6(vip) ? "[::1]" : "127.0.0.1")}    }

`,
  );
  return `    access_log off;

${locations.join("")}    location = /held/${vips.length} {
${ready}    }
`;
}

/** The `listen` directives for every port of a scheme. Overlapping ranges are merged, because nginx accepts a port only once. */
export function listensFor(site: SiteSettings, scheme: Scheme, listeners = listenersOf(site)): string[] {
  const ranges = listeners
    .filter(({ application }) => application === scheme)
    .toSorted((a, b) => a.from - b.from)
    .reduce<{ from: number; to: number }[]>((merged, { from, to }) => {
      const last = merged.at(-1);
      if (!last || from > last.to) return [...merged, { from, to }];
      return [...merged.slice(0, -1), { from: last.from, to: Math.max(last.to, to) }];
    }, []);
  const everywhere = vipsOf(site).some(isIpv6) ? ["", "[::]:"] : [""];
  const options = scheme === "https" ? " ssl http2" : "";
  return ranges
    .map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`))
    .flatMap((ports) => everywhere.map((address) => `${address}${ports}${options}`));
}

function redirect(site: SiteSettings): string {
  const https = present(
    entryPoints(site).find(({ listener }) => listener.application === "https"),
    "https listener",
  );
  return `    location / {
      return 301 https://${hostAt("$host", https)}$request_uri;
    }
`;
}

/**
 * nginx.conf's variable with the port of the `Host` header, such as `:8443`; empty without one. Debian's fastcgi_params gives PHP `$host`,
 * which has no port, and not `$http_host`, which a request with a whole URL may forge.
 */
const hostPort = `  map $http_host $host_port {
    default         "";
    ~(:[0-9]+)$  $1;
  }
`;

const php = (site: SiteSettings, script: string): string =>
  `      fastcgi_pass ${phpAddress(site)};
      include fastcgi_params;
      fastcgi_param HTTP_HOST $host$host_port;
${proxiedHttps(site)}      fastcgi_param SCRIPT_FILENAME ${script};
`;

function wordpressPages(site: SiteSettings, { nics }: RealServerSettings): Pages {
  const named = php(site, "$document_root$fastcgi_script_name");
  const own = nics.flatMap(({ addresses, address6 }) => [...addresses, ...(address6 ? [address6] : [])]);
  const names = [
    ...vipsOf(site).map(bracketed),
    ...site.wordpress.hostNames,
    ...(site.tls?.names ?? []),
    ...own.map(bracketed),
    "127.0.0.1",
    "localhost",
  ];
  return {
    names: [...new Set(names)],
    ready: php(site, "/usr/local/share/lvs/readyz.php"),
    locations: `    root /wordpress;
${cacheHeaders(site)}${securityHeaders(site)}
${pageLocations(site, named)}${guardLocations(site, named)}    location ^~ /.well-known/ {
${treeFiles(site)}    }

    location ~ /\\. {
      return 404;
    }

${phpLocations(site, named)}${statusLocation(php(site, "/usr/local/share/lvs/php-status.php"))}${fileLocations(site)}`,
  };
}

function staticPages(site: SiteSettings, server: RealServerSettings): Pages {
  const own = sourceOf(site) ? localFiles(site) : "/usr/local/share/lvs/www";
  const root = site.nfs ? webTree(site).mounted : own;
  return {
    ready: `      default_type text/plain;
      if (!-f ${root}/index.html) {
        return 503;
      }
      return 200 "ready\\n";
`,
    locations: `    root ${root};
    ssi on;

${samples(server)}`,
  };
}

function shopPages(site: SiteSettings, server: RealServerSettings): Pages {
  return {
    ready: php(site, "/usr/local/share/lvs/readyz.php"),
    locations: `    location = / {
${php(site, "/usr/local/share/lvs/shop.php")}    }

    location / {
      return 404;
    }

${samples(server)}`,
  };
}

/** A port that a site is unlikely to balance, outside the kernel's range of ephemeral ports. */
const bodyCounterAddress = "127.0.0.1:61080";

/** Pages for tests: who answers, a download, a slow download, and an upload. */
const samples = ({ name }: RealServerSettings): string => `    location = /whoami {
      default_type text/plain;
      return 200 "real-server=${name} client=$remote_addr server=$server_addr port=$server_port\\n";
    }

    location = /big {
      alias /usr/local/share/lvs/big;
    }

    location = /slow {
      alias /usr/local/share/lvs/big;
      limit_rate 64k;
    }

    location = /post {
      proxy_pass http://${bodyCounterAddress};
    }
`;

/**
 * Answers with the length of the request's body. nginx answers `return` before it has read a body, but proxies a
 * request only after that, so `/post` proxies to this server.
 */
const bodyCounter = `  server {
    listen ${bodyCounterAddress};
    access_log off;
    default_type text/plain;
    return 200 "$content_length\\n";
  }
`;

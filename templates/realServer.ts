/** What a real server reads: ARP sysctls, nginx, the php-fpm pool and the WordPress mount. */
import type { RealServerSettings, SiteSettings } from "../settings/site";
import { vipsOf } from "../settings/site";
import { nic } from "./director";

/** Kernel doc ip-sysctl: the kernel takes the larger of `all` and the interface; both are set, in force before any VIP. */
export function arpSysctl(): string {
  return ["all", nic]
    .map((where) => `net.ipv4.conf.${where}.arp_ignore = 1\nnet.ipv4.conf.${where}.arp_announce = 2\n`)
    .join("");
}

export const phpListeners = { tcp: "127.0.0.1:9000", unix: "/run/php/wordpress.sock" } as const;

function fastcgiPass(listener: keyof typeof phpListeners): string {
  return listener === "unix" ? `unix:${phpListeners.unix}` : phpListeners.tcp;
}

/**
 * The whole nginx.conf. `/healthz` is nginx alone, `/readyz` asks PHP, NFS and the database; a PHP file under uploads is
 * never executed. Every answer says which real server gave it.
 */
export function nginxConf(site: SiteSettings, server: RealServerSettings): string {
  const names = [...vipsOf(site), ...site.wordpress.hostNames, server.address, "127.0.0.1", "localhost"].join(
    " ",
  );
  const ports = [...new Set(site.services.map((service) => service.port))];
  const php = `fastcgi_pass ${fastcgiPass(site.php.listener)};
      include fastcgi_params;`;
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
  sendfile on;
  tcp_nopush on;
  client_max_body_size 64m;
  fastcgi_read_timeout 120s;
  fastcgi_buffers 16 16k;
  fastcgi_buffer_size 32k;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;
  log_format site '$time_iso8601 $remote_addr $server_addr "$request" $status $body_bytes_sent $request_time';
  access_log /var/log/nginx/access.log site;

  server {
${ports.map((port) => `    listen ${port} default_server;`).join("\n")}
    return 444;
  }

  server {
${ports.map((port) => `    listen ${port};`).join("\n")}
    server_name ${names};
    root /wordpress;
    index index.php;
    add_header X-Real-Server ${server.name} always;

    location = /healthz {
      access_log off;
      default_type text/plain;
      return 200 "ok\\n";
    }

    location = /readyz {
      access_log off;
      ${php}
      fastcgi_param SCRIPT_FILENAME /usr/local/share/lvs/readyz.php;
    }

    location / {
      try_files $uri $uri/ /index.php?$args;
    }

    location ~* ^/wp-content/uploads/.*\\.(php|phar|phtml)$ {
      return 403;
    }

    location ~ /\\. {
      return 404;
    }

    location ~ \\.php$ {
      try_files $uri =404;
      ${php}
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    }

    location ~* \\.(css|js|png|jpg|jpeg|gif|svg|webp|ico|woff2?)$ {
      expires 7d;
      try_files $uri /index.php?$args;
    }
  }
}
`;
}

/** The php-fpm pool, in the place of Debian's `www.conf`. */
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

/** OPcache and the realpath cache, sized for one WordPress; the file cache came warm with the image. */
export function phpIni(): string {
  return `opcache.memory_consumption = 96
opcache.max_accelerated_files = 8000
opcache.revalidate_freq = 10
opcache.file_cache = /var/cache/opcache
realpath_cache_size = 1M
realpath_cache_ttl = 300
upload_max_filesize = 64M
post_max_size = 64M
expose_php = Off
`;
}

/**
 * nfs(5): `hard` never corrupts; \`_netdev\` orders it after the network. The mount keeps trying for as long as it takes, in
 * the background of the boot: a real server that comes up before the NFS server gets its tree without help.
 */
export function fstabLine(site: SiteSettings): string {
  const options = "hard,nfsvers=4.2,_netdev,nofail,retry=10000,x-systemd.mount-timeout=infinity";
  return `${site.nfs.address}:/data/wordpress /wordpress nfs4 ${options} 0 0\n`;
}

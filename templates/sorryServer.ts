/** The sorry page: a 503 with a page, from the director or from a separate machine. */
import { portRange } from "../settings/ports";
import type {
  DirectorSettings,
  ListenerSettings,
  SiteSettings,
  VirtualServiceSettings,
} from "../settings/site";
import { listensFor, tlsSettings } from "./nginx";
import { paired, present } from "../settings/lists";

/** A port in the range of Prometheus exporters. */
export const metricsPort = 9112;

/** nginx.conf of a director: the page at the clients' ports, and the metrics of `lvs-watch`. */
export function directorNginxConf(site: SiteSettings, director: DirectorSettings): string {
  const metrics = `
  server {
    listen ${director.address}:${metricsPort};
    access_log off;

    location = /metrics {
      default_type "text/plain; version=0.0.4";
      alias /run/lvs/metrics.prom;
    }

    location / {
      return 404;
    }
  }
`;
  return nginxConf(site, directorListeners(site), metrics);
}

/** nginx.conf of a separate sorry server, which gets clients like a real server. */
export const sorryNginxConf = (site: SiteSettings): string => nginxConf(site, sorryListeners(site));

const withPage = ({ services }: SiteSettings): VirtualServiceSettings[] =>
  services.filter(({ sorryAddress }) => sorryAddress !== undefined);

export const sorryListeners = (site: SiteSettings): ListenerSettings[] =>
  withPage(site).flatMap(({ listeners }) => listeners);

/** The listeners on a director. Its ports are not mapped, because the packet is delivered locally. */
export const directorListeners = (site: SiteSettings): ListenerSettings[] =>
  withPage(site).flatMap(({ listeners, ports }) =>
    ports[0] === "0"
      ? listeners
      : paired(listeners, ports).map(([listener, port]) => ({ ...listener, ...portRange(port) })),
  );

const retryAfterSeconds = ({ sorry }: SiteSettings): number =>
  present(sorry, "sorry server").retryAfterSeconds;

/** nginx.conf of the page: not cacheable, with Retry-After, and also in answer to large uploads. */
function nginxConf(site: SiteSettings, listeners: readonly ListenerSettings[], more = ""): string {
  const listens = (["http", "https"] as const).flatMap((scheme) => listensFor(site, scheme, [...listeners]));
  return `user www-data;
worker_processes 1;
pid /run/nginx.pid;

events {
  worker_connections 1024;
}

http {
  include mime.types;
  default_type application/octet-stream;
  server_tokens off;
  access_log off;
  client_max_body_size 0;
  # Who has read the page comes back on a connection of his own, which may find a real server.
  keepalive_timeout 0;
${site.tls ? tlsSettings : ""}
  server {
${listens.map((listen) => `    listen ${listen};\n`).join("")}    root /usr/local/share/lvs/sorry;
    error_page 503 /sorry.html;
    error_page 404 =503 /sorry.html;
    add_header Retry-After ${retryAfterSeconds(site)} always;
    add_header Cache-Control no-store always;

    location / {
      return 503;
    }

    location = /sorry.html {
      internal;
    }
  }
${more}}
`;
}

/** The page. It names no machine or program. */
export function sorryPage(site: SiteSettings): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>We will be back soon</title>
<style>
body { margin: 15vh auto; max-width: 32em; padding: 0 1em; font: 1.1em/1.5 system-ui, sans-serif; }
</style>
</head>
<body>
<h1>We will be back soon</h1>
<p>This website is not available at the moment. You have done nothing wrong, and we are working on it.</p>
<p>Please try again ${waiting(retryAfterSeconds(site))}.</p>
</body>
</html>
`;
}

function waiting(seconds: number): string {
  const [count, unit] =
    seconds < 100
      ? [seconds, "second"]
      : seconds < 5400
        ? [Math.round(seconds / 60), "minute"]
        : [Math.round(seconds / 3600), "hour"];
  return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
}

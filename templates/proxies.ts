/** nginx directives for a site behind reverse proxies or a CDN. */
import type { SiteSettings } from "../settings/site";

const hasProxies = ({ trustedProxies = [] }: SiteSettings): boolean => trustedProxies.length > 0;

/**
 * For the http block. ngx_http_realip_module takes the last address of `X-Forwarded-For` that is no trusted proxy, so what a visitor
 * writes there himself counts for nothing. `$visitor_scheme` is `https` as well where a trusted proxy says so.
 */
export function proxySettings(site: SiteSettings): string {
  if (!hasProxies(site)) return "";
  const each = (line: (proxy: string) => string) => (site.trustedProxies ?? []).map(line).join("");
  return `${each((proxy) => `  set_real_ip_from ${proxy};\n`)}  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  geo $realip_remote_addr $proxied {
    default  "";
${each((proxy) => `    ${proxy}  by;\n`)}  }
  map "$proxied $http_x_forwarded_proto" $visitor_scheme {
    default     $scheme;
    "by https"  https;
  }
  map $visitor_scheme $visitor_https {
    https  on;
  }
`;
}

/** nginx's variable with the scheme of the visitor's request. */
export const visitorScheme = (site: SiteSettings): string =>
  hasProxies(site) ? "$visitor_scheme" : "$scheme";

/** For a location that calls PHP, after Debian's fastcgi_params: of two values, PHP gets the last one. */
export const proxiedHttps = (site: SiteSettings): string =>
  hasProxies(site) ? "      fastcgi_param HTTPS $visitor_https if_not_empty;\n" : "";

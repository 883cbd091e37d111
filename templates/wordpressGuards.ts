/** nginx directives that protect WordPress: password guessing, XML-RPC, the installer, PHP files, and headers for browsers. */
import { type SiteSettings, loginBurst } from "../settings/site";

/** For the http block: counts login attempts per client. Showing the form does not count. */
export function loginLimit({ content, wordpress: { loginsPerMinute } }: SiteSettings): string {
  if (content !== "wordpress" || loginsPerMinute === 0) return "";
  return `  map $request_method $login_client {
    POST $binary_remote_addr;
  }
  limit_req_zone $login_client zone=logins:1m rate=${loginsPerMinute}r/m;
  limit_req_status 429;
`;
}

/** Locations, to be placed before those of pages. `run` passes a request to php-fpm. */
export function guardLocations(site: SiteSettings, run: string): string {
  const { xmlrpc, loginsPerMinute, installer } = site.wordpress;
  const login = `    location = /wp-login.php {
      limit_req zone=logins burst=${loginBurst(site)} nodelay;
${run}    }

`;
  const noXmlrpc = `    location = /xmlrpc.php {
      return 403;
    }

`;
  const noInstaller = `    location ~ ^/wp-admin/(install|setup-config)\\.php$ {
      return 403;
    }

`;
  return `${loginsPerMinute > 0 ? login : ""}${xmlrpc ? "" : noXmlrpc}${installer ? "" : noInstaller}    location ~* ^/wp-content/uploads/.*\\.(php|phar|phtml)(/|$) {
      return 403;
    }

    # WordPress has no pages there, and a folder is never listed.
    location ~ ^/wp-(content|includes)/(.*/)?[^/.]*$ {
      return 404;
    }

`;
}

/** WordPress's own PHP files that a browser requests by name, besides xmlrpc.php. */
const entryPoints = [
  "/(index|wp-(activate|comments-post|cron|links-opml|login|mail|signup|trackback))\\.php",
  "/wp-admin/((network|user|maint)/)?[a-z-]+\\.php",
  "/wp-includes/js/tinymce/wp-tinymce\\.php",
];

/** The locations of all other PHP files, and of those that a browser may request. `run` passes a request to php-fpm. */
export function phpLocations({ wordpress: { phpFiles, xmlrpc } }: SiteSettings, run: string): string {
  const further = [...(xmlrpc ? ["/xmlrpc.php"] : []), ...phpFiles].map((path) => {
    const escaped = path.replaceAll(".", "\\.");
    return path.endsWith("/") ? `${escaped}.*\\.php` : escaped;
  });
  return `    location ~ ^(${[...entryPoints, ...further].join("|")})$ {
${run}    }

    location ~ \\.php$ {
      return 403;
    }

`;
}

/**
 * For the http block: values of headers, empty where WordPress or a plugin has sent its own. Other sites may show pages for embedding in a
 * frame.
 */
export function headerValues({ content, wordpress, tls }: SiteSettings): string {
  const own = (header: string, value: string) =>
    `  map $upstream_http_${header} $own_${header} {
    ""  ${value};
  }
`;
  const security = `  map $request_uri $framed_by {
    default                        SAMEORIGIN;
    "~(/embed/?(\\?|$)|[?&]embed=)"  "";
  }
${own("x_content_type_options", "nosniff")}${own("x_frame_options", "$framed_by")}${own("referrer_policy", "strict-origin-when-cross-origin")}`;
  const hsts = `  map $https $https_only {
    on  "max-age=${tls?.hstsSeconds}";
  }
`;
  return `${content === "wordpress" && wordpress.securityHeaders ? security : ""}${tls?.hstsSeconds ? hsts : ""}`;
}

/** For a server block. */
export const hstsHeader = ({ tls }: SiteSettings): string =>
  tls?.hstsSeconds ? "    add_header Strict-Transport-Security $https_only always;\n" : "";

/** For WordPress's server block. */
export const securityHeaders = ({ wordpress }: SiteSettings): string =>
  wordpress.securityHeaders
    ? `    add_header X-Content-Type-Options $own_x_content_type_options always;
    add_header X-Frame-Options $own_x_frame_options always;
    add_header Referrer-Policy $own_referrer_policy always;
`
    : "";

/** nginx directives that protect WordPress: password guessing, XML-RPC, the installer, and PHP files. */
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
const ownPhpFiles = [
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
  return `    location ~ ^(${[...ownPhpFiles, ...further].join("|")})$ {
${run}    }

    location ~ \\.php$ {
      return 403;
    }

`;
}

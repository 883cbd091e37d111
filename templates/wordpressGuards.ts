/** nginx directives that protect WordPress: password guessing, XML-RPC, and PHP files among uploads. */
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
  const { xmlrpc, loginsPerMinute } = site.wordpress;
  const login = `    location = /wp-login.php {
      limit_req zone=logins burst=${loginBurst(site)} nodelay;
${run}    }

`;
  const noXmlrpc = `    location = /xmlrpc.php {
      return 403;
    }

`;
  return `${loginsPerMinute > 0 ? login : ""}${xmlrpc ? "" : noXmlrpc}    location ~* ^/wp-content/uploads/.*\\.(php|phar|phtml)(/|$) {
      return 403;
    }

`;
}

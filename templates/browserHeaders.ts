/** nginx directives for headers that tell browsers what to refuse. */
import type { SiteSettings } from "../settings/site";

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

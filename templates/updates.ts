/** Files for Debian's package archives. */
import type { MachineSettings, SiteSettings } from "../settings/site";
import { nameServersOf } from "../settings/wayOut";

/** resolv.conf(5). Without a name server each look-up fails at once, because the machine asks itself and nothing listens there. */
export function resolvConf(site: SiteSettings, machine: MachineSettings): string {
  const servers = nameServersOf(site, machine).map((address) => `nameserver ${address}\n`);
  return ["# nameServers of the stack file\n", ...servers].join("");
}

/**
 * sources.list(5), empty for a site without security updates. It replaces the image's own list, which names the
 * mirror of the build and may not be reachable. Packages are installed from the security archive only
 * (60lvs-security); the stable release is listed for their dependencies. The machine replaces `%SUITE%` by the release of its image.
 */
export function sourcesList({ securityUpdates, debianMirror }: SiteSettings): string {
  if (!securityUpdates) return "";
  return [
    `${debianMirror} %SUITE%`,
    `${debianMirror} %SUITE%-updates`,
    `${debianMirror}-security %SUITE%-security`,
  ]
    .map((suite) => `deb ${suite} main\n`)
    .join("");
}

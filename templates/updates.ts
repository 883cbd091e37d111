/** Files for Debian's package archives. */
import type { MachineSettings, SiteSettings } from "../settings/site";
import { nameServersOf } from "../settings/wayOut";

/** resolv.conf(5). Without a name server each look-up fails at once, because the machine asks itself and nothing listens there. */
export function resolvConf(site: SiteSettings, machine: MachineSettings): string {
  const servers = nameServersOf(site, machine).map((address) => `nameserver ${address}\n`);
  return ["# nameServers of the stack file\n", ...servers].join("");
}

/**
 * sources.list(5), empty for a site without security updates. It replaces the list of the image, which names the build host's mirror.
 * Only packages of the security archive may be installed (60lvs-security), with their dependencies from the stable release.
 */
export function sourcesList({ securityUpdates, debianMirror }: SiteSettings): string {
  if (!securityUpdates) return "";
  return [
    `${debianMirror} bookworm`,
    `${debianMirror} bookworm-updates`,
    `${debianMirror}-security bookworm-security`,
  ]
    .map((suite) => `deb ${suite} main\n`)
    .join("");
}

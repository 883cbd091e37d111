/** What a machine reads to find Debian's packages. */
import type { MachineSettings, SiteSettings } from "../settings/site";
import { nameServersOf } from "../settings/wayOut";

/** resolv.conf(5), empty for a machine that can ask nobody. The first line is how `finish` of lib.sh knows it as its own. */
export function resolvConf(site: SiteSettings, machine: MachineSettings): string {
  const servers = nameServersOf(site, machine).map((address) => `nameserver ${address}\n`);
  return servers.length === 0 ? "" : ["# nameServers of the stack file\n", ...servers].join("");
}

/**
 * sources.list(5), empty for a site without security updates. The image has such a list from where it was built, which a
 * machine need not reach. What may be installed is the security archive's alone (60lvs-security); what that needs of the
 * stable release is there too.
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

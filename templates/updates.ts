/** What a machine reads to find Debian's packages. */
import type { MachineSettings, SiteSettings } from "../settings/site";
import { nameServersOf } from "../settings/wayOut";

/** resolv.conf(5). Without a name server each look-up fails at once: the machine asks itself, where nobody listens. */
export function resolvConf(site: SiteSettings, machine: MachineSettings): string {
  const servers = nameServersOf(site, machine).map((address) => `nameserver ${address}\n`);
  return ["# nameServers of the stack file\n", ...servers].join("");
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

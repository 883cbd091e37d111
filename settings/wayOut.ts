/** Which machines can ask whom for Debian's packages. */
import { Cidr, isIpv4 } from "./ipv4";
import type { MachineSettings, SiteSettings } from "./site";

/** Whether a machine's default route leads out. A director as the next hop hands on answers to clients, and nothing else. */
export function hasWayOut({ nics }: MachineSettings): boolean {
  const way = nics.find(({ gateway }) => gateway !== undefined);
  return way !== undefined && !way.throughDirector;
}

const reaches = (machine: MachineSettings, address: string): boolean =>
  hasWayOut(machine) || machine.nics.some(({ cidr }) => new Cidr(cidr).contains(address));

/** The name servers that a machine can ask: one that never answers would make every look-up wait. */
export const nameServersOf = ({ nameServers }: SiteSettings, machine: MachineSettings): readonly string[] =>
  nameServers.filter((address) => reaches(machine, address));

/** The host that machines ask for packages, a name or an address. */
export const mirrorHost = (debianMirror: string): string => new URL(debianMirror).hostname;

export function reachesMirror({ debianMirror }: SiteSettings, machine: MachineSettings): boolean {
  const host = mirrorHost(debianMirror);
  return isIpv4(host) ? reaches(machine, host) : hasWayOut(machine);
}

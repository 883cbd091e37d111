/** Which machines can reach Debian's mirror and the name servers. */
import { Cidr, isIpv4 } from "./ipv4";
import type { MachineSettings, SiteSettings } from "./site";

/** Whether a machine's default route leads out of the site. A director as next hop forwards only replies to clients. */
export function hasWayOut({ nics }: MachineSettings): boolean {
  const way = nics.find(({ gateway }) => gateway !== undefined);
  return way !== undefined && !way.throughDirector;
}

const reaches = (machine: MachineSettings, address: string): boolean =>
  hasWayOut(machine) || machine.nics.some(({ cidr }) => new Cidr(cidr).contains(address));

/** The name servers that a machine can reach. One that never answers would delay every look-up. */
export const nameServersOf = ({ nameServers }: SiteSettings, machine: MachineSettings): readonly string[] =>
  nameServers.filter((address) => reaches(machine, address));

/** The mirror's host: a name or an address. */
export const mirrorHost = (debianMirror: string): string => new URL(debianMirror).hostname;

/** Whether a machine can reach the mirror. One on a network of the machine needs no default route. */
export function reachesMirror({ debianMirror }: SiteSettings, machine: MachineSettings): boolean {
  const host = mirrorHost(debianMirror);
  return isIpv4(host) ? reaches(machine, host) : hasWayOut(machine);
}

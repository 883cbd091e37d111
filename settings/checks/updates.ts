/** Checks that each machine can download Debian's security updates, if they are enabled. */
import { debianArchive } from "../fields";
import { isIpv4 } from "../ipv4";
import type { Problem } from "../problems";
import { type SiteSettings, machinesOf } from "../site";
import { mirrorHost, reachesMirror } from "../wayOut";

export function updateProblems(site: SiteSettings): Problem[] {
  const { securityUpdates, debianMirror, nameServers } = site;
  if (!securityUpdates) {
    const message =
      'is used by security updates only, and they are off; leave it out, or write "true" as securityUpdates';
    return debianMirror === debianArchive ? [] : [{ path: "debianMirror", message }];
  }
  const host = mirrorHost(debianMirror);
  const problems: Problem[] = [];
  if (!isIpv4(host) && nameServers.length === 0)
    problems.push({
      path: "securityUpdates",
      message: `machines cannot resolve the name ${host}; write your nameServers, or the IP address of a mirror as debianMirror`,
    });
  const shut = machinesOf(site).filter((machine) => !reachesMirror(site, machine));
  if (shut.length > 0)
    problems.push({
      path: "securityUpdates",
      message: `${shut.map(({ name }) => name).join(", ")} cannot reach ${host}: no gateway leads there, and a director forwards only replies to clients; write as debianMirror a mirror, or a cache such as apt-cacher-ng, with an address on a network of each`,
    });
  return problems;
}

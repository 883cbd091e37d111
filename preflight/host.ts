/** Compares the host with the needs of a site, and refuses conflicts before anything is created. */
import { RunError } from "@pulumi/pulumi";
import { methodOf } from "../settings/forwarding";
import { imageFolder, isLocal, libvirtNameOf } from "../settings/hypervisor";
import { Cidr } from "../settings/ipv4";
import { type Problem, listing, networkPath } from "../settings/problems";
import { type SiteSettings, machinesOf } from "../settings/site";
import { type HostFacts, type HostNetwork, gatherFacts, setup } from "./hostFacts";

/** Disk space for a new site in MiB: the image, and the first writes of its machines. */
export const neededMiB = 3072;

/** Thrown with all reasons why the host cannot run a site. Pulumi shows a RunError without a stack trace. */
export class HostError extends RunError {
  constructor(
    stack: string,
    readonly problems: readonly Problem[],
  ) {
    super(listing(`The host cannot take the site ${stack}:`, problems));
    this.name = "HostError";
  }
}

/** Returns what was found on the host. @throws HostError when the host cannot run the site */
export function checkHost(site: SiteSettings): HostFacts {
  const facts = gatherFacts(site);
  const problems = hostProblems(site, facts);
  if (problems.length > 0) throw new HostError(site.stack, problems);
  return facts;
}

/** Why a host with these facts cannot run the site. Empty when it can. */
export function hostProblems(site: SiteSettings, facts: HostFacts): Problem[] {
  if (facts.missing.length > 0)
    return [{ path: "host", message: `${facts.missing.join(", ")} not found in PATH: ${setup}` }];
  if (facts.unreachable !== undefined) return [unreachableProblem(site, facts.unreachable)];
  return [
    ...overlapProblems(site, facts),
    ...bridgeProblems(site, facts),
    ...bridgeFirewallProblems(site, facts),
    ...diskProblems(facts),
    ...replicaProblems(site, facts),
  ];
}

function unreachableProblem({ hypervisor: { uri }, stack }: SiteSettings, reason: string): Problem {
  const local = `start libvirtd; without one, "npm run up" starts a private one and "npm run enter -- ${stack}" opens a shell in which pulumi reaches it`;
  const access = /permission denied|polkit|authentication/i.test(reason) ? "join the group libvirt, or " : "";
  const fix = isLocal(uri) ? `${access}${local}` : `see that "virsh -c ${uri} version" works in this shell`;
  const message = `${uri} cannot be used: ${reason}; ${fix}; or write another URI`;
  return { path: "hypervisor.uri", message };
}

function overlapProblems({ networks }: SiteSettings, facts: HostFacts): Problem[] {
  const bridges = networks.map(({ bridge }) => bridge);
  const routes = facts.routes.filter(({ device }) => !bridges.includes(device));
  // Networks of the site, and networks that were suggested already, are not suggested.
  const taken = [
    ...facts.networks.flatMap(({ cidrs }) => cidrs),
    ...[...routes, ...networks].map(({ cidr }) => cidr),
  ];
  return networks.flatMap(({ cidr }, index) => {
    const clashes = clashesOf(new Cidr(cidr), facts.networks, routes);
    if (clashes.length === 0) return [];
    const free = freeNetwork(taken);
    if (free !== undefined) taken.push(free);
    const fix = `write ${free ?? "a network that is free"} instead, and the addresses with it`;
    const path = `${networkPath(index)}.cidr`;
    return clashes.map((clash) => ({ path, message: `${cidr} overlaps ${clash}; ${fix}` }));
  });
}

/** The networks and routes of the host that a network overlaps. */
function clashesOf(own: Cidr, networks: readonly HostNetwork[], routes: HostFacts["routes"]): string[] {
  const overlaps = (cidr: string) => own.overlaps(new Cidr(cidr));
  const clashing = networks.filter(({ cidrs }) => cidrs.some(overlaps));
  // A libvirt network also appears as a route of its bridge. One line per device is enough.
  const told = new Set(clashing.map(({ bridge }) => bridge));
  const clashes = clashing.map(({ name, cidrs }) => `${cidrs.find(overlaps)} of the libvirt network ${name}`);
  for (const { cidr, device } of routes) {
    if (!overlaps(cidr) || told.has(device)) continue;
    told.add(device);
    clashes.push(`the host's route ${cidr} on ${device}`);
  }
  return clashes;
}

/** The first private /24 that overlaps none of `taken`. */
export function freeNetwork(taken: readonly string[]): string | undefined {
  const used = taken.map((cidr) => new Cidr(cidr));
  for (const range of ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"].map((text) => new Cidr(text)))
    for (let offset = 0; offset < range.size; offset += 256) {
      const candidate = new Cidr(`${range.host(offset)}/24`);
      if (!used.some((other) => other.overlaps(candidate))) return candidate.text;
    }
  return undefined;
}

function bridgeProblems({ networks }: SiteSettings, facts: HostFacts): Problem[] {
  return networks.flatMap(({ bridge, libvirtName }, index) => {
    const owner = facts.networks.find((network) => network.bridge === bridge);
    if (!owner && (!facts.interfaces.includes(bridge) || facts.ownNetworks.includes(libvirtName))) return [];
    const whose = owner
      ? `the bridge ${bridge} belongs to the libvirt network ${owner.name};`
      : `the interface ${bridge} exists on this host and belongs to no libvirt network; remove it (ip link delete ${bridge}) or`;
    return [{ path: networkPath(index), message: `${whose} give the stack another name` }];
  });
}

/** libvirt's masquerading of the clients' network would also rewrite packets from the director to real servers. */
function bridgeFirewallProblems({ networks, services }: SiteSettings, facts: HostFacts): Problem[] {
  const translated = services.some(({ forwarding }) => methodOf(forwarding).directorIsGateway);
  if (!facts.bridgeFirewall || !translated) return [];
  return networks.flatMap(({ forward, cidr }, index) => {
    const message = `this host's firewall filters bridged packets, and "nat" would replace the client addresses of ${cidr} with the hypervisor's before real servers see them; write "open", or run sysctl -w net.bridge.bridge-nf-call-iptables=0`;
    return forward === "nat" ? [{ path: `${networkPath(index)}.forward`, message }] : [];
  });
}

function diskProblems({ disk, ownPool }: HostFacts): Problem[] {
  if (!disk || ownPool || disk.freeMiB >= neededMiB) return [];
  const message = `${disk.folder} has ${disk.freeMiB} MiB free and a new site needs ${neededMiB} MiB; free some space, or mount a larger disk on ${imageFolder}`;
  return [{ path: "host", message }];
}

/** A replica needs the memory of a second machine. Without free memory it would endanger the site instead of protecting it. */
function replicaProblems(site: SiteSettings, { machines, availableMiB }: HostFacts): Problem[] {
  const coming = machinesOf(site).filter((machine) => !machines.includes(libvirtNameOf(site, machine)));
  const second = coming.find(({ name }) => site.replica && name === "mysql2");
  const needed = coming.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  if (!second || availableMiB === undefined || needed <= availableMiB) return [];
  const message = `a second MariaDB machine needs ${second.memoryMiB} MiB, ${needed} MiB together with the machines that are still to start, and this host has ${availableMiB} MiB free; leave it out, or give the machines less memory`;
  return [{ path: "mysql.replica", message }];
}

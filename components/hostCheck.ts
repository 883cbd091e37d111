/** What the host has, held against what a site is about to need: whatever would clash is refused before anything is made. */
import { spawnSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import { Cidr } from "../settings/ipv4";
import type { Problem } from "../settings/problems";
import type { SiteSettings } from "../settings/site";

export interface HostNetwork {
  readonly name: string;
  readonly bridge?: string;
  readonly cidrs: readonly string[];
}

export interface HostFacts {
  /** Programs that PATH does not have. */
  readonly missing: readonly string[];
  /** Why libvirt cannot be used, in virsh's words. */
  readonly unreachable?: string;
  /** Whether the stack's own network and pool exist already. */
  readonly ownNetwork: boolean;
  readonly ownPool: boolean;
  /** The other networks of the hypervisor. */
  readonly networks: readonly HostNetwork[];
  /** The host's routes but the default one; none for a hypervisor elsewhere. */
  readonly routes: readonly { readonly cidr: string; readonly device: string }[];
  /** Whether an interface with the name of the stack's bridge exists. */
  readonly bridgeExists: boolean;
  /** Where the disks would go; unknown for a hypervisor elsewhere. */
  readonly disk?: { readonly folder: string; readonly freeMiB: number };
}

/** A new site's share of the pool: the image, and what its machines write while they are set up. */
export const neededMiB = 3072;
const poolFolder = "/var/lib/libvirt/images";
const setup = "run scripts/host/setup.sh";

/** Thrown with everything that keeps the host from taking a site; Pulumi shows a RunError without a stack trace. */
export class HostError extends RunError {
  constructor(
    stack: string,
    readonly problems: readonly Problem[],
  ) {
    const lines = problems.map((problem) => `  ${problem.path}: ${problem.message}`);
    super(`The host cannot take the site ${stack}:\n${lines.join("\n")}`);
    this.name = "HostError";
  }
}

/** @throws HostError when the host cannot take the site */
export function checkHost(site: SiteSettings): void {
  const problems = hostProblems(site, gatherFacts(site));
  if (problems.length > 0) throw new HostError(site.stack, problems);
}

/** Without a host part, as in `qemu:///system`. */
const isLocal = (uri: string): boolean => /^[a-z]+(\+[a-z]+)?:\/\/\//.test(uri);

/** What keeps a host with these facts from taking the site. */
export function hostProblems(site: SiteSettings, facts: HostFacts): Problem[] {
  if (facts.missing.length > 0)
    return [{ path: "host", message: `${facts.missing.join(", ")} not found in PATH: ${setup}` }];
  if (facts.unreachable !== undefined) return [unreachableProblem(site, facts.unreachable)];
  return [...overlapProblems(site, facts), ...bridgeProblems(site, facts), ...diskProblems(facts)];
}

function unreachableProblem({ hypervisor: { uri }, stack }: SiteSettings, reason: string): Problem {
  const local = `start libvirtd; where none can be had, "npm run up" starts a private one and "npm run enter -- ${stack}" gives a shell in which pulumi sees it`;
  const access = /permission denied|polkit|authentication/i.test(reason) ? "join the group libvirt, or " : "";
  const fix = isLocal(uri) ? `${access}${local}` : `see that "virsh -c ${uri} version" works in this shell`;
  const message = `${uri} cannot be used: ${reason}; ${fix}; or write another URI`;
  return { path: "hypervisor.uri", message };
}

function overlapProblems(site: SiteSettings, { networks, routes }: HostFacts): Problem[] {
  const own = new Cidr(site.network.cidr);
  const overlaps = (cidr: string) => own.overlaps(new Cidr(cidr));
  const foreign = routes.filter((route) => route.device !== site.network.bridge);
  const clashing = networks.filter((network) => network.cidrs.some(overlaps));
  // A libvirt network shows up as a route of its bridge too, and one line a device is enough.
  const told = new Set(clashing.map((network) => network.bridge));
  const clashes = clashing.map(({ name, cidrs }) => `${cidrs.find(overlaps)} of the libvirt network ${name}`);
  for (const { cidr, device } of foreign) {
    if (!overlaps(cidr) || told.has(device)) continue;
    told.add(device);
    clashes.push(`the host's route ${cidr} on ${device}`);
  }
  const free = freeNetwork([...networks.flatMap(({ cidrs }) => cidrs), ...foreign.map(({ cidr }) => cidr)]);
  const fix = `write ${free ?? "a network that is free"} instead, and the addresses with it`;
  return clashes.map((clash) => ({ path: "network.cidr", message: `${own.text} overlaps ${clash}; ${fix}` }));
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

function bridgeProblems({ network: { bridge } }: SiteSettings, facts: HostFacts): Problem[] {
  const owner = facts.networks.find((network) => network.bridge === bridge);
  if (!owner && (!facts.bridgeExists || facts.ownNetwork)) return [];
  const whose = owner
    ? `the bridge ${bridge} is that of the libvirt network ${owner.name};`
    : `the interface ${bridge} exists on this host and belongs to no libvirt network; remove it (ip link delete ${bridge}) or`;
  return [{ path: "network", message: `${whose} give the stack another name` }];
}

function diskProblems({ disk, ownPool }: HostFacts): Problem[] {
  if (!disk || ownPool || disk.freeMiB >= neededMiB) return [];
  const message = `${disk.folder} has ${disk.freeMiB} MiB free and a new site needs ${neededMiB} MiB; free some space, or mount a larger disk on ${poolFolder}`;
  return [{ path: "host", message }];
}

/** Asks virsh and ip, in as few processes as can be: two when the stack exists and is alone on its hypervisor. */
export function gatherFacts({ hypervisor: { uri }, network, stack }: SiteSettings, seconds = 15): HostFacts {
  const local = isLocal(uri);
  const nothing = { ownNetwork: false, ownPool: false, networks: [], routes: [], bridgeExists: false };
  const needed = ["virsh", ...(local ? ["ip"] : []), ...(/^qemu:/.test(uri) ? ["qemu-system-x86_64"] : [])];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = needed.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length > 0) return { missing, ...nothing };

  // No libvirt name has a slash in it. virsh goes on after an error, and ends with the last command's status.
  const all = ["version", "echo //", "net-list --all --name", "echo //", "pool-list --all --name"];
  const listed = run("virsh", ["-q", "-c", uri, all.join("; ")], seconds);
  if (listed.reason !== undefined) return { missing, unreachable: listed.reason, ...nothing };
  const [, names = [], pools = []] = listed.stdout.split("//").map((part) => part.trim().split(/\s*\n/));
  const ownNetwork = names.includes(network.name);
  const others = names.filter((name) => name !== "" && name !== network.name);
  const dumps = others.map((name) => `net-dumpxml --network "${name.replace(/["\\]/g, "\\$&")}"`);
  // A network that went away since it was listed is none to mind.
  const xml = others.length === 0 ? "" : run("virsh", ["-q", "-c", uri, dumps.join("; ")], seconds).stdout;
  const links = local && !ownNetwork ? ipJson<{ ifname?: string }>("link show") : [];
  return {
    missing,
    ownNetwork,
    ownPool: pools.includes(`lvs-${stack}`),
    networks: (xml.match(/<network\b.*?<\/network>/gs) ?? []).map(networkFrom),
    routes: local ? ipJson<RouteJson>("-4 route show table main").flatMap(routeFrom) : [],
    bridgeExists: links.some((link) => link.ifname === network.bridge),
    ...(local && { disk: diskOf(poolFolder) }),
  };
}

type RouteJson = { dst: string; dev?: string; nexthops?: { dev?: string }[] };

/** The default route, and the two halves of it that VPN clients write, give way to any network. */
function routeFrom({ dst, dev, nexthops }: RouteJson): HostFacts["routes"] {
  if (dst === "default" || /\/[01]$/.test(dst)) return [];
  const cidr = dst.includes("/") ? dst : `${dst}/32`;
  return [{ cidr, device: dev ?? nexthops?.[0]?.dev ?? "no device" }];
}

/** Out of `virsh net-dumpxml`, which writes attributes in single quotes. */
function networkFrom(xml: string): HostNetwork {
  const first = (pattern: RegExp, text = xml) => pattern.exec(text)?.[1];
  const cidrs = (xml.match(/<ip\b[^>]*>/g) ?? []).flatMap((ip) => {
    const address = first(/\baddress='([\d.]+)'/, ip);
    if (!address) return [];
    const netmask = first(/\bnetmask='([\d.]+)'/, ip) ?? "255.255.255.0";
    const prefix = first(/\bprefix='(\d+)'/, ip) ?? ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask();
    return [`${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)}/${prefix}`];
  });
  return { name: first(/<name>(.*?)<\/name>/)!, bridge: first(/<bridge\b[^>]*\bname='([^']*)'/), cidrs };
}

function run(program: string, args: readonly string[], seconds = 15): { stdout: string; reason?: string } {
  const options = { env: { ...process.env, LC_ALL: "C" }, timeout: seconds * 1000 };
  const { stdout, stderr, status, error } = spawnSync(program, args, { encoding: "utf8", ...options });
  if (error) {
    const late = (error as NodeJS.ErrnoException).code === "ETIMEDOUT";
    return { stdout: "", reason: late ? `no answer within ${seconds} s` : error.message };
  }
  const reason = /^error: (?!failed to connect to the hypervisor)(.+)/m.exec(stderr)?.[1];
  return { stdout, reason: reason ?? (status === 0 ? undefined : stderr.trim() || `exit ${status}`) };
}

/** @throws when `ip` cannot say it in JSON, as that of busybox */
function ipJson<T>(query: string): T[] {
  const { stdout, reason } = run("ip", ["-json", ...query.split(" ")]);
  if (reason !== undefined) throw new Error(`ip -json ${query}: ${reason}; install iproute2: ${setup}`);
  return JSON.parse(stdout.trim() || "[]") as T[];
}

/** Of the folder, or of the nearest one above it that exists. */
function diskOf(folder: string): HostFacts["disk"] {
  if (!existsSync(folder)) return diskOf(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return { folder, freeMiB: Math.floor((bavail * bsize) / 1024 ** 2) };
}

/** Facts about the host, from virsh and ip. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import ipaddr from "ipaddr.js";
import { imageFolder, isLocal, libvirtNameOf, poolNameOf } from "../settings/hypervisor";
import { type SiteSettings, machinesOf } from "../settings/site";
import { present } from "../settings/lists";

export interface HostNetwork {
  readonly name: string;
  readonly bridge?: string;
  readonly cidrs: readonly string[];
}

export interface HostFacts {
  /** Programs that are missing in PATH. */
  readonly missing: readonly string[];
  /** The error of virsh when libvirt cannot be used. */
  readonly unreachable?: string;
  /** libvirt names of the stack's own networks that exist. */
  readonly ownNetworks: readonly string[];
  /** libvirt names of all machines of the hypervisor, including the stack's own. */
  readonly machines: readonly string[];
  /** The stack's own machines that exist, by libvirt name, as `virsh dumpxml` prints them. */
  readonly ownMachines: Readonly<Record<string, string>>;
  /** Available memory of the host. Undefined for a remote hypervisor. */
  readonly availableMiB?: number;
  /** Whether the stack's own pool exists. */
  readonly ownPool: boolean;
  /** The other networks of the hypervisor. */
  readonly networks: readonly HostNetwork[];
  /** The host's routes without the default route. Empty for a remote hypervisor. */
  readonly routes: readonly { readonly cidr: string; readonly device: string }[];
  /** Names of the stack's bridges that exist as interfaces. Not checked when all its networks exist. */
  readonly interfaces: readonly string[];
  /** Whether the host's firewall also sees packets that only cross a bridge (kernel doc ip-sysctl, bridge-nf-call-iptables). */
  readonly bridgeFirewall: boolean;
  /** The folder of disks. Undefined for a remote hypervisor. */
  readonly disk?: { readonly folder: string; readonly freeMiB: number };
}

export const setup = "run scripts/host/setup.sh";

/** Asks virsh and ip, with as few processes as possible: three when the stack exists and is alone on its hypervisor. */
export function gatherFacts(site: SiteSettings, seconds = 15): HostFacts {
  const { uri } = site.hypervisor;
  const local = isLocal(uri);
  const nothing = {
    ownNetworks: [],
    machines: [],
    ownMachines: {},
    ownPool: false,
    networks: [],
    routes: [],
    interfaces: [],
    bridgeFirewall: false,
  };
  const needed = ["virsh", ...(local ? ["ip"] : []), ...(/^qemu:/.test(uri) ? ["qemu-system-x86_64"] : [])];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = needed.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length > 0) return { missing, ...nothing };

  // libvirt names have no slash. virsh continues after an error, and ends with the status of the last command.
  const all = [
    "version",
    "echo //",
    "net-list --all --name",
    "echo //",
    "pool-list --all --name",
    "echo //",
    "list --all --name",
  ];
  const listed = run("virsh", ["-q", "-c", uri, all.join("; ")], seconds);
  if (listed.reason !== undefined) return { missing, unreachable: listed.reason, ...nothing };
  const [, names = [], pools = [], machines = []] = listed.stdout
    .split("//")
    .map((part) => part.trim().split(/\s*\n/));
  const own = site.networks.map(({ libvirtName }) => libvirtName);
  const ownNetworks = own.filter((name) => names.includes(name));
  const others = names.filter((name) => name !== "" && !own.includes(name));
  const dumps = others.map((name) => `net-dumpxml --network "${name.replace(/["\\]/g, "\\$&")}"`);
  // A network that has disappeared since it was listed does not matter.
  const xml = others.length === 0 ? "" : run("virsh", ["-q", "-c", uri, dumps.join("; ")], seconds).stdout;
  const links = local && ownNetworks.length < own.length ? ipJson<{ ifname?: string }>("link show") : [];
  const bridges = site.networks.map(({ bridge }) => bridge);
  return {
    missing,
    ownNetworks,
    machines,
    ownMachines: dumpsOf(
      uri,
      machinesOf(site)
        .map((machine) => libvirtNameOf(site, machine))
        .filter((name) => machines.includes(name)),
    ),
    ownPool: pools.includes(poolNameOf(site.stack)),
    networks: (xml.match(/<network\b.*?<\/network>/gs) ?? []).map(networkFrom),
    routes: local ? ipJson<RouteJson>("-4 route show table main").flatMap(routeFrom) : [],
    interfaces: bridges.filter((bridge) => links.some(({ ifname }) => ifname === bridge)),
    bridgeFirewall: local && isOn("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    ...(local && { disk: diskOf(imageFolder), availableMiB: availableMiB() }),
  };
}

function dumpsOf(uri: string, names: readonly string[]): Record<string, string> {
  if (names.length === 0) return {};
  const { stdout } = run("virsh", ["-q", "-c", uri, names.map((name) => `dumpxml ${name}`).join("; ")]);
  const dumps = stdout.match(/<domain\b.*?<\/domain>/gs) ?? [];
  return Object.fromEntries(dumps.map((xml) => [/<name>(.*?)<\/name>/.exec(xml)?.[1], xml]));
}

function availableMiB(): number {
  const [, kiB] = /^MemAvailable: +(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
  return Math.floor(Number(present(kiB, "MemAvailable in /proc/meminfo")) / 1024);
}

const isOn = (sysctl: string): boolean => existsSync(sysctl) && readFileSync(sysctl, "utf8").trim() === "1";

type RouteJson = { dst: string; dev?: string; nexthops?: { dev?: string }[] };

/**
 * A route with its device. Empty for the default route, and for the two halves of it that VPN clients set: a
 * site's network may overlap them, because its own route is more specific.
 */
function routeFrom({ dst, dev, nexthops }: RouteJson): HostFacts["routes"] {
  if (dst === "default" || /\/[01]$/.test(dst)) return [];
  const cidr = dst.includes("/") ? dst : `${dst}/32`;
  return [{ cidr, device: dev ?? nexthops?.[0]?.dev ?? "no device" }];
}

/** Parses `virsh net-dumpxml`, which writes attributes in single quotes. */
function networkFrom(xml: string): HostNetwork {
  const first = (pattern: RegExp, text = xml) => pattern.exec(text)?.[1];
  const cidrs = (xml.match(/<ip\b[^>]*>/g) ?? []).flatMap((ip) => {
    const address = first(/\baddress='([\d.]+)'/, ip);
    if (!address) return [];
    const netmask = first(/\bnetmask='([\d.]+)'/, ip) ?? "255.255.255.0";
    const prefix = first(/\bprefix='(\d+)'/, ip) ?? ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask();
    return [`${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)}/${prefix}`];
  });
  return {
    name: present(first(/<name>(.*?)<\/name>/), "name of a network"),
    bridge: first(/<bridge\b[^>]*\bname='([^']*)'/),
    cidrs,
  };
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

/** Runs `ip -json`. @throws when `ip` has no JSON output, as in busybox */
function ipJson<T>(query: string): T[] {
  const { stdout, reason } = run("ip", ["-json", ...query.split(" ")]);
  if (reason !== undefined) throw new Error(`ip -json ${query}: ${reason}; install iproute2: ${setup}`);
  return JSON.parse(stdout.trim() || "[]") as T[];
}

/** Free space of the folder, or of the nearest existing folder above it. */
function diskOf(folder: string): HostFacts["disk"] {
  if (!existsSync(folder)) return diskOf(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return { folder, freeMiB: Math.floor((bavail * bsize) / 1024 ** 2) };
}

/** A stack file made whole: defaults filled in, addresses planned, sizes computed, and everything checked. */
import { type AddressPlan, macOf, planAddresses } from "./addressPlan";
import type { Forwarding } from "./forwarding";
import { Cidr } from "./ipv4";
import { type Problem, SettingsError, problemsOf } from "./problems";
import { type StackFile, keysAt, siteSchema } from "./schema";
import type { Scheduler } from "./schedulers";
import {
  type Role,
  bufferPoolMiB,
  defaultMemoryMiB,
  minimumMemoryMiB,
  mysqlMemoryMiB,
  phpChildren,
  realServerMemoryMiB,
  spareConnections,
} from "./sizing";

export interface MachineSettings {
  /** Short name, also the host name: `director`, `rs1`, `nfs`, `mysql`. */
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly mac: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
}

export interface RealServerSettings extends MachineSettings {
  readonly weight: number;
  /** `pm.max_children`. */
  readonly phpChildren: number;
}

export interface VirtualServiceSettings {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly protocol: "tcp";
  readonly scheduler: Scheduler;
  readonly forwarding: Forwarding;
}

export interface NetworkSettings {
  readonly name: string;
  readonly bridge: string;
  readonly cidr: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly forward: "nat" | "open" | "none";
}

/** A whole site, with nothing left to decide. Plain values: it is also what the stack puts out for the tools. */
export interface SiteSettings {
  readonly stack: string;
  readonly hypervisor: StackFile["hypervisor"];
  readonly image: StackFile["image"];
  /** Whether anything is laid down on the machines. */
  readonly layDown: boolean;
  readonly network: NetworkSettings;
  readonly director: MachineSettings & { readonly manager: "ipvsadm" };
  readonly services: readonly VirtualServiceSettings[];
  readonly realServers: readonly RealServerSettings[];
  readonly php: { readonly listener: "tcp" | "unix" };
  readonly nfs: MachineSettings;
  readonly mysql: MachineSettings & { readonly maxConnections: number; readonly bufferPoolMiB: number };
  readonly wordpress: StackFile["wordpress"];
}

/** Every machine of a site, the director first. */
export function machinesOf(site: SiteSettings): readonly MachineSettings[] {
  return [site.director, ...site.realServers, site.nfs, site.mysql];
}

/** Every VIP of a site, each once. */
export function vipsOf(site: SiteSettings): readonly string[] {
  return [...new Set(site.services.map((service) => service.vip))];
}

/** Host part of the site's URL: the first service's VIP, with its port where that is not 80. */
export function siteHost(site: SiteSettings): string {
  const { vip, port } = site.services[0]!;
  return port === 80 ? vip : `${vip}:${port}`;
}

/** At most 15 characters, as the kernel wants an interface's name; long stack names end in a hash of their own. */
export function bridgeName(stack: string): string {
  const plain = `lvs-${stack}`;
  if (plain.length <= 15) return plain;
  const hash = [...stack].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7).toString(36);
  return `lvs-${stack.slice(0, 15 - 5 - hash.length)}-${hash}`;
}

/**
 * The site that `raw` describes (the stack file's `lvs-wordpress:` keys, prefix left off).
 * @throws SettingsError naming everything that is wrong with it
 */
export function resolveSite(stack: string, raw: Record<string, unknown>): SiteSettings {
  const parsed = siteSchema.safeParse(raw, { reportInput: true });
  if (!parsed.success) throw new SettingsError(stack, problemsOf(parsed.error, keysAt));
  const file = parsed.data;
  const network = new Cidr(file.network.cidr);
  if (network.prefix > 26 || network.prefix < 8) {
    const size = network.prefix > 26 ? "small" : "large";
    const message = `${network.text} is too ${size} for a site; write a network from /8 to /26`;
    throw new SettingsError(stack, [{ path: "network.cidr", message }]);
  }
  const plan = planAddresses({
    network,
    gateway: file.network.gateway,
    director: file.director.address,
    nfs: file.nfs.address,
    mysql: file.mysql.address,
    realServers: file.realServers.map((server) => server.address),
    vips: file.services.map((service) => service.vip),
  });
  const remote = !/^qemu:\/\/\//.test(file.hypervisor.uri);
  if (remote && file.hypervisor.accelerator === "auto")
    throw new SettingsError(stack, [
      {
        path: "hypervisor.accelerator",
        message: `"auto" cannot be tried on another host; write "kvm" or "qemu"`,
      },
    ]);
  const site = assemble(stack, file, network, plan);
  const problems = [
    ...addressProblems(site, network),
    ...nameProblems(site),
    ...portProblems(site),
    ...memoryProblems(site, file),
  ];
  if (problems.length > 0) throw new SettingsError(stack, problems);
  return site;
}

function assemble(stack: string, file: StackFile, network: Cidr, plan: AddressPlan): SiteSettings {
  const machine = (
    name: string,
    role: Role,
    address: string,
    said: { memoryMiB?: number; vcpus: number },
  ) => ({
    name,
    role,
    address,
    mac: macOf(address),
    memoryMiB: said.memoryMiB ?? defaultMemoryMiB[role],
    vcpus: said.vcpus,
  });
  const realServers = file.realServers.map((said, index) => {
    const server = machine(said.name ?? `rs${index + 1}`, "realServer", plan.realServers[index]!, said);
    return {
      ...server,
      weight: said.weight,
      phpChildren: file.php.maxChildren ?? phpChildren(server.memoryMiB),
    };
  });
  const children = realServers.reduce((sum, server) => sum + server.phpChildren, 0);
  const maxConnections = file.mysql.maxConnections ?? children + spareConnections;
  const mysql = machine("mysql", "mysql", plan.mysql, file.mysql);
  return {
    stack,
    hypervisor: file.hypervisor,
    image: file.image,
    layDown: file.layDown,
    network: {
      name: `lvs-${stack}`,
      bridge: bridgeName(stack),
      cidr: network.text,
      prefix: network.prefix,
      gateway: plan.gateway,
      forward: file.network.forward,
    },
    director: {
      ...machine("director", "director", plan.director, file.director),
      manager: file.director.manager,
    },
    services: file.services.map((service, index) => ({ ...service, vip: plan.vips[index]! })),
    realServers,
    php: { listener: file.php.listener },
    nfs: machine("nfs", "nfs", plan.nfs, file.nfs),
    mysql: { ...mysql, maxConnections, bufferPoolMiB: bufferPoolMiB(mysql.memoryMiB, maxConnections) },
    wordpress: file.wordpress,
  };
}

function addressProblems(site: SiteSettings, network: Cidr): Problem[] {
  const places = [
    { path: "network.gateway", address: site.network.gateway, what: "the gateway" },
    { path: "director.address", address: site.director.address, what: "the director" },
    { path: "nfs.address", address: site.nfs.address, what: "the NFS server" },
    { path: "mysql.address", address: site.mysql.address, what: "the MySQL server" },
    ...site.realServers.map(({ address, name }, index) => ({
      path: `realServers[${index}].address`,
      address,
      what: `real server ${name}`,
    })),
  ];
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  const outside = (address: string) =>
    `${address} is outside the network ${network.text}; write an address from ${network.firstHost} to ${network.lastHost}`;
  for (const { path, address, what } of places) {
    const owner = owners.get(address);
    if (!network.hasHost(address)) problems.push({ path, message: outside(address) });
    else if (owner)
      problems.push({ path, message: `${address} is already the address of ${owner}; write another` });
    else owners.set(address, what);
  }
  site.services.forEach(({ vip }, index) => {
    const path = `services[${index}].vip`;
    const owner = owners.get(vip);
    if (!network.hasHost(vip)) problems.push({ path, message: outside(vip) });
    else if (owner)
      problems.push({
        path,
        message: `${vip} is the address of ${owner}; a VIP needs one that no machine has`,
      });
  });
  return problems;
}

function nameProblems(site: SiteSettings): Problem[] {
  const taken = new Set(["director", "nfs", "mysql"]);
  const problems = site.realServers.flatMap(({ name }, index) => {
    const twice = taken.has(name);
    taken.add(name);
    return twice
      ? [
          {
            path: `realServers[${index}].name`,
            message: `"${name}" is already a machine's name; write another`,
          },
        ]
      : [];
  });
  const virtual = new Map<string, number>();
  site.services.forEach(({ vip, port, protocol }, index) => {
    const key = `${protocol} ${vip}:${port}`;
    const first = virtual.get(key);
    if (first !== undefined)
      problems.push({
        path: `services[${index}]`,
        message: `${key} is already services[${first}]; change its VIP or port`,
      });
    virtual.set(key, first ?? index);
  });
  return problems;
}

/** Ports that a real server needs for itself. */
function portProblems(site: SiteSettings): Problem[] {
  return site.services.flatMap(({ port }, index) => {
    const path = `services[${index}].port`;
    if (port === 22) return [{ path, message: "22 is sshd's on every real server; write another" }];
    if (port === 9000 && site.php.listener === "tcp")
      return [
        {
          path,
          message: '9000 is php-fpm\'s on every real server; write another, or "unix" as php.listener',
        },
      ];
    return [];
  });
}

function memoryProblems(site: SiteSettings, file: StackFile): Problem[] {
  const pathOf = (machine: MachineSettings) => {
    const index = site.realServers.findIndex((server) => server.name === machine.name);
    return index < 0 ? `${machine.name}.memoryMiB` : `realServers[${index}].memoryMiB`;
  };
  const problems: Problem[] = machinesOf(site)
    .filter((machine) => machine.memoryMiB < minimumMemoryMiB[machine.role])
    .map((machine) => ({
      path: pathOf(machine),
      message: `${machine.memoryMiB} MiB is too small for ${machine.name}; write at least ${minimumMemoryMiB[machine.role]}`,
    }));
  if (problems.length > 0) return problems;
  for (const server of site.realServers) {
    const needed = realServerMemoryMiB(server.phpChildren);
    if (needed > server.memoryMiB && file.php.maxChildren !== undefined)
      problems.push({
        path: "php.maxChildren",
        message: `${server.phpChildren} children need ${needed} MiB and ${server.name} has ${server.memoryMiB}; write at most ${phpChildren(server.memoryMiB)}, or give it more memory`,
      });
  }
  const children = site.realServers.reduce((sum, server) => sum + server.phpChildren, 0);
  if (children + spareConnections > site.mysql.maxConnections)
    problems.push({
      path: "mysql.maxConnections",
      message: `${site.mysql.maxConnections} is too few for ${children} php-fpm children; write at least ${children + spareConnections}`,
    });
  const needed = mysqlMemoryMiB(site.mysql.maxConnections);
  if (needed > site.mysql.memoryMiB)
    problems.push({
      path: "mysql.memoryMiB",
      message: `${site.mysql.memoryMiB} MiB is too small for ${site.mysql.maxConnections} connections; write at least ${needed}`,
    });
  return problems;
}

/** A whole site as the rest of the project sees it, with every setting decided, and functions that derive facts from it. */
import type { Forwarding } from "./forwarding";
import type { StackFile } from "./schema";
import type { Scheduler, SchedulerFlag } from "./schedulers";
import type { Role } from "./roles";
import { type NonEmpty, mapNonEmpty, nonEmpty, present } from "./lists";
import { portRange } from "./ports";

export interface NicSettings {
  /** `eth0`, `eth1` and so on, in the order of the machine's addresses. */
  readonly device: string;
  readonly mac: string;
  /** Name of the NIC's network. */
  readonly network: string;
  /** IPv4 addresses without prefix length. The NIC's own address is first. */
  readonly addresses: NonEmpty<string>;
  /** The network that contains these addresses. */
  readonly cidr: string;
  readonly prefix: number;
  readonly address6?: string;
  readonly prefix6?: number;
  /** Next hop of packets that leave through the NIC. Undefined on an isolated network. */
  readonly gateway?: string;
  readonly gateway6?: string;
  /** Whether `gateway` is the director, so that replies in nat pass through it. */
  readonly throughDirector: boolean;
}

export interface MachineSettings {
  /** Short name and host name: `director`, `rs1`, `nfs`, `mysql`, `client`. */
  readonly name: string;
  readonly role: Role;
  /** Address of the first NIC, used for ssh. */
  readonly address: string;
  readonly nics: NonEmpty<NicSettings>;
  readonly memoryMiB: number;
  readonly vcpus: number;
}

export interface RealServerSettings extends MachineSettings {
  readonly weight: number;
  /** Whether it is drained for maintenance. The director then gives it weight 0. */
  readonly drained: boolean;
  /** `pm.max_children`. */
  readonly phpChildren: number;
}

export type Application = "http" | "https" | "ssh" | "ftp" | "echo";

/** An application on a real server's ports for a service. */
export interface ListenerSettings {
  readonly application: Application;
  /** First port of the range. For a single port equal to `to`. */
  readonly from: number;
  readonly to: number;
}

/** A real server as the destination of one service. */
export interface DestinationSettings {
  /** The real server's name. */
  readonly name: string;
  /** The real server's RIP. */
  readonly address: string;
  /** Port on the real server. 0: the port that the client used. */
  readonly port: number;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** How the director checks the real servers of a service. */
export interface CheckSettings {
  readonly type: "http" | "https" | "tcp" | "script";
  /** For http and https: the requested path, and the status of a good answer. */
  readonly path: string;
  readonly status: number;
  /** For http and https: the virtual host, with https also the server name (SNI). Undefined for the site's own name. */
  readonly host?: string;
  /** For script: path of the program on the operator's machine. */
  readonly script?: string;
  readonly intervalSeconds: number;
  /** At most `intervalSeconds`. */
  readonly timeoutSeconds: number;
  /** Number of consecutive failures after which a real server is out. */
  readonly retries: number;
  readonly onFailure: "remove" | "inhibit";
  /** When fewer other real servers are healthy, an unhealthy one stays in as long as it still answers at all. */
  readonly minHealthy: number;
}

export interface VirtualServiceSettings {
  readonly name: string;
  /** The first of `vips`. */
  readonly vip: string;
  readonly vips: NonEmpty<string>;
  readonly family: 4 | 6;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** The first of `ports`. 0 means every port. */
  readonly port: number;
  /** Ports and ranges as in the stack file. Only a service with a firewall mark has more than one entry. */
  readonly ports: NonEmpty<string>;
  /**
   * The firewall mark that nftables sets on packets for `vips` and `ports`, which are then balanced as one service.
   * Undefined for a service of one VIP and port.
   */
  readonly fwmark?: number;
  readonly scheduler: Scheduler;
  readonly schedulerFlags: readonly SchedulerFlag[];
  readonly forwarding: Forwarding;
  readonly persistence?: { readonly timeoutSeconds: number; readonly netmask: string };
  readonly onePacket: boolean;
  readonly listeners: NonEmpty<ListenerSettings>;
  readonly destinations: readonly DestinationSettings[];
  /** Undefined where nothing checks the real servers, or the service cannot be checked. */
  readonly check?: CheckSettings;
  /** Destination of clients while no real server is healthy. A loopback address for a page on the director itself. */
  readonly sorryAddress?: string;
}

export interface NetworkSettings {
  /** `front`, or the name in the stack file. */
  readonly name: string;
  /** The network's name in libvirt. */
  readonly libvirtName: string;
  readonly bridge: string;
  readonly cidr: string;
  readonly prefix: number;
  /** The hypervisor's address on the network. */
  readonly gateway: string;
  readonly cidr6?: string;
  readonly prefix6?: number;
  readonly gateway6?: string;
  readonly forward: "nat" | "open" | "none";
}

export type DirectorSettings = MachineSettings &
  Pick<StackFile["director"], "manager" | "health" | "drainSeconds" | "timeouts">;

/** How two directors share VIPs and floating gateways. */
export interface VrrpSettings {
  readonly routerId: number;
  readonly advertSeconds: number;
  /** Both directors have the same priority. So neither takes over from a healthy master. */
  readonly priority: number;
  /** Addresses that float in addition to the VIPs: gateways of real servers whose replies pass through the director. */
  readonly gateways: readonly { readonly address: string; readonly network: string }[];
}

export interface SorrySettings {
  readonly retryAfterSeconds: number;
  /** Undefined where the directors serve the page. */
  readonly machine?: MachineSettings;
}

export type MysqlSettings = MachineSettings & {
  readonly maxConnections: number;
  readonly bufferPoolMiB: number;
  /** `server_id`: 1 for `mysql`, 2 for `mysql2`. */
  readonly serverId: 1 | 2;
  readonly semiSyncTimeoutSeconds: number;
};

/**
 * A whole site, with every setting decided. It has plain values only, because it is also a stack output, which the
 * commands read.
 */
export interface SiteSettings {
  readonly stack: string;
  readonly hypervisor: StackFile["hypervisor"];
  readonly image: StackFile["image"];
  /** Whether data disks may not be removed. Undefined for a stack of an earlier version: they may. */
  readonly protect?: boolean;
  /** Whether machines put back what was taken away. Undefined for a stack of an earlier version: they do not. */
  readonly reconcile?: boolean;
  /** Whether any role is installed on the machines. */
  readonly layDown: boolean;
  readonly content: StackFile["content"];
  /** Whether each machine accepts only ssh and the ports and clients of its role. */
  readonly firewall: boolean;
  /** Networks from which machines are managed: the hypervisor's addresses, and those of the stack file. */
  readonly managementCidrs: readonly string[];
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. Undefined for a stack of an earlier version: none. */
  readonly trustedProxies?: readonly string[];
  /** Whether machines install Debian's security updates automatically. */
  readonly securityUpdates: boolean;
  /** URL of the mirror for these updates. The security archive is at the same URL with `-security` at its end. */
  readonly debianMirror: string;
  /** DNS servers, in the order in which they are asked. */
  readonly nameServers: readonly string[];
  /** The front network is first. */
  readonly networks: NonEmpty<NetworkSettings>;
  /** The first director. */
  readonly director: DirectorSettings;
  readonly secondDirector?: DirectorSettings;
  /** Defined for a pair of directors. */
  readonly vrrp?: VrrpSettings;
  readonly sorry?: SorrySettings;
  readonly services: NonEmpty<VirtualServiceSettings>;
  readonly realServers: NonEmpty<RealServerSettings>;
  readonly php: { readonly listener: "tcp" | "unix"; readonly uploadMiB: number };
  readonly cache: StackFile["cache"];
  /** Exports the web root. Undefined for a site whose real servers have all web files on their own disks. */
  readonly nfs?: MachineSettings;
  /** Whether web files are pushed to the real servers' own disks. */
  readonly sync: StackFile["sync"];
  /** Pushes a static site's pages. WordPress's code is pushed by the NFS server. */
  readonly source?: MachineSettings;
  /** WordPress's database; of two, the primary. Undefined for other content: a shop has one on each real server. */
  readonly mysql?: MysqlSettings;
  /** The replica of `mysql`. */
  readonly replica?: MysqlSettings;
  readonly backup?: StackFile["backup"];
  readonly client?: MachineSettings;
  readonly tls?: StackFile["tls"];
  readonly wordpress: StackFile["wordpress"];
}

/** Returns the director, or both directors of a pair. */
export function directorsOf({ director, secondDirector }: SiteSettings): NonEmpty<DirectorSettings> {
  return secondDirector ? [director, secondDirector] : [director];
}

/** Whether the director checks its real servers. */
export const isChecked = ({ manager, health }: SiteSettings["director"]): boolean =>
  manager === "keepalived" || health !== "none";

/**
 * How many logins a client may try at once on one real server before it is answered 429. Without meaning where logins
 * are not limited.
 */
export const loginBurst = ({ wordpress: { loginsPerMinute } }: Pick<SiteSettings, "wordpress">): number =>
  Math.max(1, Math.floor(loginsPerMinute / 2));

/** Returns the machines of each role. */
export function machinesByRole(site: SiteSettings): Readonly<Record<Role, readonly MachineSettings[]>> {
  const some = (machine: MachineSettings | undefined) => (machine ? [machine] : []);
  return {
    director: directorsOf(site),
    realServer: site.realServers,
    sorryServer: some(site.sorry?.machine),
    nfs: some(site.nfs),
    source: some(site.source),
    mysql: databasesOf(site),
    client: some(site.client),
  };
}

/** Returns all machines of a site, the directors first. */
export const machinesOf = (site: SiteSettings): readonly MachineSettings[] =>
  Object.values(machinesByRole(site)).flat();

/** Returns the machines that keep content on a data disk. */
export const machinesWithData = (site: SiteSettings): readonly MachineSettings[] =>
  [site.nfs, site.source, ...databasesOf(site)].filter((machine) => machine !== undefined);

/** Returns the machines of WordPress's database: `mysql` before `mysql2`, whichever is the primary. */
export function databasesOf({ mysql, replica }: SiteSettings): readonly MysqlSettings[] {
  return [mysql, replica]
    .filter((machine) => machine !== undefined)
    .sort((one, other) => one.serverId - other.serverId);
}

/** Returns the other machine of the database. Undefined for a single one. */
export function otherDatabaseOf(site: SiteSettings, mysql: MysqlSettings): MysqlSettings | undefined {
  return databasesOf(site).find(({ name }) => name !== mysql.name);
}

/**
 * Returns the source address of packets from `machine` to `other`: its own address on `other`'s network, else its
 * first address.
 */
export function addressToward(machine: MachineSettings, other: MachineSettings): string {
  const nic = machine.nics.find(({ network }) => network === other.nics[0].network);
  return nic?.addresses[0] ?? machine.address;
}

/** Returns the real server `name`. @throws Error when the site has none of that name */
export const realServerOf = ({ realServers }: SiteSettings, name: string): RealServerSettings =>
  present(
    realServers.find((server) => server.name === name),
    `real server ${name}`,
  );

/** Returns the names of the drained real servers. */
export const drainedNames = ({ realServers }: SiteSettings): readonly string[] =>
  realServers.filter(({ drained }) => drained).map(({ name }) => name);

/** Returns the site as IPVS has it: drained real servers have weight 0. */
export function withDrainedAtZero(site: SiteSettings): SiteSettings {
  const out = drainedNames(site);
  const services = mapNonEmpty(site.services, (service) => ({
    ...service,
    destinations: service.destinations.map((one) => (out.includes(one.name) ? { ...one, weight: 0 } : one)),
  }));
  return { ...site, services };
}

/** Returns the names of the real servers to which a service sends clients. */
export const weightedNames = ({ destinations }: VirtualServiceSettings): readonly string[] =>
  destinations.filter(({ weight }) => weight > 0).map(({ name }) => name);

/** Returns the names of real servers that are the only one of a service. */
export const onlyServers = ({ services }: SiteSettings): readonly string[] =>
  services
    .map(weightedNames)
    .filter(({ length }) => length === 1)
    .flat();

/** Returns every VIP of a site once. */
export function vipsOf(site: SiteSettings): readonly string[] {
  return [...new Set(site.services.flatMap(({ vips }) => vips))];
}

/** Returns the listeners that real servers need for a site's services, each application and range of ports once. */
export function listenersOf(site: SiteSettings): readonly ListenerSettings[] {
  const all = site.services.flatMap(({ listeners }) => listeners);
  const isSame = (one: ListenerSettings, other: ListenerSettings) =>
    one.application === other.application && one.from === other.from && one.to === other.to;
  return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
}

const defaultPorts: Partial<Record<Application, number>> = { http: 80, https: 443, ssh: 22, ftp: 21 };

export const isWeb = (application: Application): boolean => application === "http" || application === "https";

/** Whether real servers need nginx. Those that serve only ssh or echo do not. */
export const hasWeb = (site: SiteSettings): boolean =>
  listenersOf(site).some(({ application }) => isWeb(application));

/** Returns an address in the form for a URL or before a port: IPv6 in brackets. */
export const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** An entrance for clients: a VIP, a port, and the application there. */
export interface EntryPoint {
  readonly service: VirtualServiceSettings;
  readonly vip: string;
  /** The client's port; the first one of a range. */
  readonly port: number;
  readonly listener: ListenerSettings;
}

/** Returns every VIP with each port that has a listener. For port 0, the ports of its listeners. */
export function entryPoints(site: SiteSettings): NonEmpty<EntryPoint> {
  const ways = site.services.flatMap((service) => {
    const { vips, ports, listeners } = service;
    return vips.flatMap((vip) =>
      listeners.map((listener, index) => {
        const port =
          ports[0] === "0" ? listener.from : portRange(present(ports[index], "listener's port")).from;
        return { service, vip, port, listener };
      }),
    );
  });
  return nonEmpty(ways, "listener");
}

/**
 * Returns the entrance for visitors: the first service that speaks http, or https where http only redirects. The
 * first service of any kind where none does.
 */
export function frontWay(site: SiteSettings): EntryPoint {
  const wanted: Application[] = site.tls?.redirect ? ["https", "http"] : ["http", "https"];
  const ways = entryPoints(site);
  const front = wanted
    .map((application) => ways.find(({ listener }) => listener.application === application))
    .find((way) => way !== undefined);
  return front ?? ways[0];
}

/** Returns the host part of a URL. The port is left out when it is the scheme's default. */
export function hostAt(host: string, { port, listener }: EntryPoint): string {
  return `${bracketed(host)}${defaultPorts[listener.application] === port ? "" : `:${port}`}`;
}

/** Returns the site's URL for visitors, with a VIP as host. */
export function siteUrl(site: SiteSettings): string {
  return `${frontWay(site).listener.application}://${siteHost(site)}/`;
}

/** Returns the host part of the site's URL. The port is left out when it is the scheme's default. */
export function siteHost(site: SiteSettings): string {
  const way = frontWay(site);
  return hostAt(way.vip, way);
}

/** Returns the host names that visitors use. */
export const namesOf = (site: SiteSettings): string[] => [
  ...new Set([...(site.tls?.names ?? []), ...site.wordpress.hostNames]),
];

/** Returns the VIPs with https. */
export function httpsVipsOf({ services }: SiteSettings): string[] {
  const speaking = services.filter(({ listeners }) => listeners.some(({ application: a }) => a === "https"));
  return [...new Set(speaking.flatMap(({ vips }) => vips))];
}

/** A whole site as everybody else sees it: what there is, with nothing left to decide, and what follows from it. */
import type { Forwarding } from "./forwarding";
import type { StackFile } from "./schema";
import type { Scheduler, SchedulerFlag } from "./schedulers";
import type { Role } from "./roles";

export interface NicSettings {
  /** `eth0`, `eth1`, ... in the order of the machine's addresses. */
  readonly device: string;
  readonly mac: string;
  /** Name of its network. */
  readonly network: string;
  /** IPv4 addresses without prefix, the NIC's own first. */
  readonly addresses: readonly string[];
  /** The network that they are on. */
  readonly cidr: string;
  readonly prefix: number;
  readonly address6?: string;
  readonly prefix6?: number;
  /** Next hop of what leaves through it; none on an isolated network. */
  readonly gateway?: string;
  readonly gateway6?: string;
  /** Whether `gateway` is the director, so that replies of nat find their way back through it. */
  readonly throughDirector: boolean;
}

export interface MachineSettings {
  /** Short name, also the host name: `director`, `rs1`, `nfs`, `mysql`, `client`. */
  readonly name: string;
  readonly role: Role;
  /** The first NIC's: where it is reached through ssh. */
  readonly address: string;
  readonly nics: readonly NicSettings[];
  readonly memoryMiB: number;
  readonly vcpus: number;
}

export interface RealServerSettings extends MachineSettings {
  readonly weight: number;
  /** Out for maintenance. */
  readonly drained: boolean;
  /** `pm.max_children`. */
  readonly phpChildren: number;
}

export type Application = "http" | "https" | "ssh" | "ftp" | "echo";

/** What answers on a real server's ports for a service. */
export interface ListenerSettings {
  readonly application: Application;
  /** First and last port; a single one twice. */
  readonly from: number;
  readonly to: number;
}

/** A real server as one service sees it. */
export interface DestinationSettings {
  /** The real server's name. */
  readonly name: string;
  /** Its RIP. */
  readonly address: string;
  /** 0: the port that the client asked for. */
  readonly port: number;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** How a service's real servers are asked whether they serve. */
export interface CheckSettings {
  readonly type: "http" | "https" | "tcp" | "script";
  /** http and https: what is asked for, and the status of a good answer. */
  readonly path: string;
  readonly status: number;
  /** Virtual host, for https the server name too; none for the site's own. */
  readonly host?: string;
  /** script: path of the program on the operator's machine. */
  readonly script?: string;
  readonly intervalSeconds: number;
  /** At most the interval. */
  readonly timeoutSeconds: number;
  /** Misses in a row that take a real server out. */
  readonly retries: number;
  readonly onFailure: "remove" | "inhibit";
  /** So many are not taken out while they still answer at all. */
  readonly minHealthy: number;
}

export interface VirtualServiceSettings {
  readonly name: string;
  /** The first of `vips`. */
  readonly vip: string;
  readonly vips: readonly string[];
  readonly family: 4 | 6;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** The first port; 0 is every port. */
  readonly port: number;
  /** Ports and ranges as written; one text alone but for a marked service. */
  readonly ports: readonly string[];
  /** Set by nftables on what comes for `vips` and `ports`, and balanced as one; none for a plain VIP and port. */
  readonly fwmark?: number;
  readonly scheduler: Scheduler;
  readonly schedulerFlags: readonly SchedulerFlag[];
  readonly forwarding: Forwarding;
  readonly persistence?: { readonly timeoutSeconds: number; readonly netmask: string };
  readonly onePacket: boolean;
  readonly listeners: readonly ListenerSettings[];
  readonly destinations: readonly DestinationSettings[];
  /** None where nobody checks, and for what cannot be checked. */
  readonly check?: CheckSettings;
  /** Where clients go while no real server serves: this machine's loopback for a page on the director itself. */
  readonly sorryAddress?: string;
}

export interface NetworkSettings {
  /** `front`, or as the stack file names it. */
  readonly name: string;
  /** Its name in libvirt. */
  readonly libvirtName: string;
  readonly bridge: string;
  readonly cidr: string;
  readonly prefix: number;
  /** The hypervisor's address. */
  readonly gateway: string;
  readonly cidr6?: string;
  readonly prefix6?: number;
  readonly gateway6?: string;
  readonly forward: "nat" | "open" | "none";
}

export type DirectorSettings = MachineSettings &
  Pick<StackFile["director"], "manager" | "health" | "drainSeconds" | "timeouts">;

/** How two directors share what floats between them. */
export interface VrrpSettings {
  readonly routerId: number;
  readonly advertSeconds: number;
  /** Of both: neither takes over from the other while that is well. */
  readonly priority: number;
  /** Beside the VIPs: the gateways of real servers whose replies come back through the director. */
  readonly gateways: readonly { readonly address: string; readonly network: string }[];
}

export interface SorrySettings {
  readonly retryAfterSeconds: number;
  /** None where the page is on the directors. */
  readonly machine?: MachineSettings;
}

export type MysqlSettings = MachineSettings & {
  readonly maxConnections: number;
  readonly bufferPoolMiB: number;
  /** `server_id`: 1 for `mysql`, 2 for `mysql2`. */
  readonly serverId: 1 | 2;
  readonly semiSyncTimeoutSeconds: number;
};

/** A whole site, with nothing left to decide. Plain values: it is also what the stack puts out for the tools. */
export interface SiteSettings {
  readonly stack: string;
  readonly hypervisor: StackFile["hypervisor"];
  readonly image: StackFile["image"];
  /** Whether anything is laid down on the machines. */
  readonly layDown: boolean;
  readonly content: StackFile["content"];
  /** Whether each machine lets in what its role serves, and ssh, and nothing else. */
  readonly firewall: boolean;
  /** From where machines are managed: the hypervisor's addresses, and what the stack file adds to them. */
  readonly managementCidrs: readonly string[];
  /** Whether machines install Debian's security updates by themselves. */
  readonly securityUpdates: boolean;
  /** From where they come: a URL beside which, with `-security` at its end, the security archive is. */
  readonly debianMirror: string;
  /** DNS servers, in the order of asking. */
  readonly nameServers: readonly string[];
  /** The front network first. */
  readonly networks: readonly NetworkSettings[];
  /** The first one. */
  readonly director: DirectorSettings;
  readonly secondDirector?: DirectorSettings;
  /** Of a pair. */
  readonly vrrp?: VrrpSettings;
  readonly sorry?: SorrySettings;
  readonly services: readonly VirtualServiceSettings[];
  readonly realServers: readonly RealServerSettings[];
  readonly php: { readonly listener: "tcp" | "unix" };
  readonly cache: StackFile["cache"];
  /** Exports the web root; none for a site whose real servers hold their own. */
  readonly nfs?: MachineSettings;
  /** Whether web files on the real servers' own disks are pushed there. */
  readonly sync: StackFile["sync"];
  /** Pushes a static site's pages; WordPress's code is pushed by the NFS server. */
  readonly source?: MachineSettings;
  /** WordPress's database, the primary where there are two; other contents have none, or one on each real server. */
  readonly mysql?: MysqlSettings;
  /** Follows `mysql`. */
  readonly replica?: MysqlSettings;
  readonly backup?: StackFile["backup"];
  readonly client?: MachineSettings;
  readonly tls?: StackFile["tls"];
  readonly wordpress: StackFile["wordpress"];
}

/** The director, or both of a pair. */
export function directorsOf({ director, secondDirector }: SiteSettings): readonly DirectorSettings[] {
  return secondDirector ? [director, secondDirector] : [director];
}

/** Whether anybody asks the real servers if they serve. */
export const isChecked = ({ manager, health }: SiteSettings["director"]): boolean =>
  manager === "keepalived" || health !== "none";

/** How many logins a client may try at once on one real server before it is answered 429; no meaning without a limit. */
export const loginBurst = ({ wordpress: { loginsPerMinute } }: Pick<SiteSettings, "wordpress">): number =>
  Math.max(1, Math.floor(loginsPerMinute / 2));

/** The machines of each role. */
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

/** Every machine of a site, the directors first. */
export const machinesOf = (site: SiteSettings): readonly MachineSettings[] =>
  Object.values(machinesByRole(site)).flat();

/** The machines of WordPress's database, `mysql` before `mysql2`, whichever is the primary. */
export function databasesOf({ mysql, replica }: SiteSettings): readonly MysqlSettings[] {
  return [mysql, replica]
    .filter((machine) => machine !== undefined)
    .sort((one, other) => one.serverId - other.serverId);
}

/** The other machine of the database. */
export function otherDatabaseOf(site: SiteSettings, mysql: MysqlSettings): MysqlSettings | undefined {
  return databasesOf(site).find(({ name }) => name !== mysql.name);
}

/** The address from which `machine` speaks to `other`: its own on `other`'s network, where it has one there. */
export function addressToward(machine: MachineSettings, other: MachineSettings): string {
  const nic = machine.nics.find(({ network }) => network === other.nics[0]!.network);
  return nic?.addresses[0] ?? machine.address;
}

/** Names of the real servers that are out for maintenance. */
export const drainedNames = ({ realServers }: SiteSettings): readonly string[] =>
  realServers.filter(({ drained }) => drained).map(({ name }) => name);

/** The site as IPVS has it: who is out for maintenance has weight 0. */
export function asBalanced(site: SiteSettings): SiteSettings {
  const out = drainedNames(site);
  const services = site.services.map((service) => ({
    ...service,
    destinations: service.destinations.map((one) => (out.includes(one.name) ? { ...one, weight: 0 } : one)),
  }));
  return { ...site, services };
}

/** Names of the real servers to which a service sends clients. */
export const weightedIn = ({ destinations }: VirtualServiceSettings): readonly string[] =>
  destinations.filter(({ weight }) => weight > 0).map(({ name }) => name);

/** Names of the real servers that some service has alone. */
export const aloneIn = ({ services }: SiteSettings): readonly string[] =>
  services
    .map(weightedIn)
    .filter(({ length }) => length === 1)
    .flat();

/** Every VIP of a site, each once. */
export function vipsOf(site: SiteSettings): readonly string[] {
  return [...new Set(site.services.flatMap(({ vips }) => vips))];
}

/** What real servers serve for a site's services, each application and range of ports once. */
export function listenersOf(site: SiteSettings): readonly ListenerSettings[] {
  const all = site.services.flatMap(({ listeners }) => listeners);
  const keys = all.map(({ application, from, to }) => `${application} ${from}-${to}`);
  return all.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

const defaultPorts: Partial<Record<Application, number>> = { http: 80, https: 443, ssh: 22, ftp: 21 };

export const isWeb = (application: Application): boolean => application === "http" || application === "https";

/** Whether a real server of the site needs nginx: one that serves ssh or echo alone does not. */
export const hasWeb = (site: SiteSettings): boolean =>
  listenersOf(site).some(({ application }) => isWeb(application));

/** An address as it stands in a URL or before a port. */
export const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** One way in for clients: what answers at a VIP's port. */
export interface WayIn {
  readonly vip: string;
  /** The client's port, the first of a range. */
  readonly port: number;
  readonly listener: ListenerSettings;
}

export function waysIn(site: SiteSettings): readonly WayIn[] {
  return site.services.flatMap(({ vips, ports, listeners }) =>
    vips.flatMap((vip) =>
      listeners.map((listener, index) => {
        const port = ports[0] === "0" ? listener.from : Number(ports[index]!.split("-")[0]);
        return { vip, port, listener };
      }),
    ),
  );
}

/** Where visitors go: the first service that speaks http, or https where http only redirects. */
export function frontWay(site: SiteSettings): WayIn {
  const wanted: Application[] = site.tls?.redirect ? ["https", "http"] : ["http", "https"];
  const ways = waysIn(site);
  const front = wanted
    .map((application) => ways.find(({ listener }) => listener.application === application))
    .find((way) => way !== undefined);
  return front ?? ways[0]!;
}

/** Host part of a URL, with its port where that is not the scheme's own. */
export function hostAt(host: string, { port, listener }: WayIn): string {
  return `${bracketed(host)}${defaultPorts[listener.application] === port ? "" : `:${port}`}`;
}

export function siteUrl(site: SiteSettings): string {
  const way = frontWay(site);
  return `${way.listener.application}://${hostAt(way.vip, way)}/`;
}

/** Host part of the site's URL, with its port where that is not the scheme's own. */
export function siteHost(site: SiteSettings): string {
  return siteUrl(site).split("/")[2]!;
}

/** The names that visitors use. */
export const namesOf = (site: SiteSettings): string[] => [
  ...new Set([...(site.tls?.names ?? []), ...site.wordpress.hostNames]),
];

/** VIPs at which https is spoken. */
export function httpsVipsOf({ services }: SiteSettings): string[] {
  const speaking = services.filter(({ listeners }) => listeners.some(({ application: a }) => a === "https"));
  return [...new Set(speaking.flatMap(({ vips }) => vips))];
}

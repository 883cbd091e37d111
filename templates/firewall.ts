/** Packet filter of a machine, if the site has a firewall: an nft(8) script for /etc/nftables.conf. */
import { methodOf } from "../settings/forwarding";
import {
  type ListenerSettings,
  type MachineSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  addressToward,
  databasesOf,
  directorsOf,
} from "../settings/site";
import { sourceOf } from "../settings/webFiles";
import { ftpDataPorts } from "./realServer";
import { metricsPort } from "./sorryServer";
import { nonEmpty } from "../settings/lists";

/**
 * Packets that are accepted: those that match `what`, an nft(8) expression, and are between these addresses.
 * Default: any address.
 */
interface Door {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly what: string;
}

/**
 * Echo requests, and the errors without which connections hang (RFC 4890 for IPv6). IPv6 also needs neighbour
 * discovery and MLD.
 */
const icmp: readonly Door[] = [
  {
    what: "icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem }",
  },
  {
    what: "icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query }",
  },
];

/**
 * Empty for a site without a firewall. Packets of clients are accepted before conntrack's state is checked, and are not tracked. With
 * direct routing each side sees one direction only, and conntrack's table, which is small on a small machine, would limit the number
 * of connections.
 */
export function firewallRules(site: SiteSettings, machine: MachineSettings): string {
  if (!site.firewall) return "";
  const ssh: Door = { from: site.managementCidrs, what: "tcp dport 22" };
  return `table inet lvs_firewall
delete table inet lvs_firewall
table inet lvs_firewall {
${[
  ...untracked(site, machine),
  chain("input", "filter; policy drop", [
    "iif lo accept",
    ...rules([...icmp, ssh, ...served(site, machine)], "accept"),
    "ct state established,related accept",
  ]),
  chain("forward", "filter; policy drop", rules(handedOn(site, machine), "accept")),
].join("")}}
`;
}

/** The sources from which the firewall accepts ssh, one a line, for a job that must not lock its own session out. */
export const sshSources = (site: SiteSettings): string =>
  site.firewall ? site.managementCidrs.map((cidr) => `${cidr}\n`).join("") : "";

const chain = (hook: string, priority: string, lines: readonly string[]): string =>
  `  chain ${priority === "raw" ? "untracked_" : ""}${hook} {
    type filter hook ${hook} priority ${priority};
${lines.map((line) => `    ${line}\n`).join("")}  }
`;

/** One rule for each address family in which a door has addresses on every side that it names. */
const rules = (doors: readonly Door[], verdict: string): string[] =>
  doors.flatMap(({ from, to, what }) => {
    if (!from && !to) return [`${what} ${verdict}`];
    return (["ip", "ip6"] as const).flatMap((family) => {
      const matches = Object.entries({ saddr: from, daddr: to }).flatMap(([side, addresses]) => {
        if (!addresses) return [];
        const own = addresses.filter((address) => address.includes(":") === (family === "ip6"));
        return [own.length > 0 && `${family} ${side} { ${own.join(", ")} }`];
      });
      return matches.includes(false) ? [] : [[...matches, what, verdict].join(" ")];
    });
  });

/** The doors of a machine's role: what it serves, and to which addresses. */
function served(site: SiteSettings, machine: MachineSettings): Door[] {
  switch (machine.role) {
    case "director":
      return [
        ...merged(site.services.map((service) => ({ to: service.vips, ...portsOfVip(service) }))),
        ...peerDoors(site, machine),
        ...metricsDoors(site),
      ];
    case "realServer":
      return [...arrivalDoors(site, machine), ...pushDoors(site)];
    case "sorryServer":
      return arrivalDoors(site, machine);
    case "nfs":
      return [{ from: addressesOf(site.realServers).filter(isIpv4), what: "tcp dport 2049" }];
    case "mysql":
      return [{ from: databaseClients(site, machine), what: "tcp dport 3306" }];
    case "source":
    case "client":
      return [];
  }
}

/** Clients of the database: real servers, the NFS server for backups, and the other database machine for replication. */
const databaseClients = (site: SiteSettings, mysql: MachineSettings): string[] => [
  ...addressesOf(site.realServers).filter(isIpv4),
  ...(site.backup && site.nfs ? [addressToward(site.nfs, mysql)] : []),
  ...databasesOf(site).flatMap((other) => (other.name === mysql.name ? [] : [addressToward(other, mysql)])),
];

/** Metrics of the directors, for the management networks. */
const metricsDoors = ({ sorry, managementCidrs }: SiteSettings): Door[] =>
  sorry && !sorry.machine ? [{ from: managementCidrs, what: `tcp dport ${metricsPort}` }] : [];

/** Web files are pushed over ssh. */
function pushDoors(site: SiteSettings): Door[] {
  const source = sourceOf(site);
  return source ? [{ from: addressesOf([source]).filter(isIpv4), what: "tcp dport 22" }] : [];
}

/** Traffic between the directors of a pair: VRRP (RFC 9568), and IPVS's connection sync by multicast. */
function peerDoors(site: SiteSettings, { name }: MachineSettings): Door[] {
  const peers = directorsOf(site).filter((director) => director.name !== name);
  if (peers.length === 0) return [];
  return [
    { from: addressesOf(peers), what: "meta l4proto 112" },
    { from: addressesOf(peers), to: ["224.0.0.81"], what: "udp dport 8848" },
  ];
}

/** A service as it arrives at one machine. */
interface Arrival {
  readonly service: VirtualServiceSettings;
  /** The machine's address for this service. */
  readonly address: string;
  readonly ports: Pick<Ports, "protocol" | "ports">;
}

/** The services that directors send to a real server, or to the sorry server. */
const arrivals = (site: SiteSettings, { name, role }: MachineSettings): Arrival[] =>
  site.services.flatMap((service): Arrival[] => {
    const own = service.destinations.find((destination) => destination.name === name);
    if (own) return [{ service, address: own.address, ports: portsOfListeners(service) }];
    if (role !== "sorryServer" || service.sorryAddress === undefined) return [];
    const { vipDevice } = methodOf(service.forwarding);
    const ports = vipDevice ? portsOfVip(service) : portsOfListeners(service);
    return [{ service, address: service.sorryAddress, ports }];
  });

/**
 * Clients reach a real server at the VIP in dr and tun, and at its RIP in nat; packets have the client's own
 * address. Directors are accepted because of health checks, and because in full NAT they are the only client. The
 * management networks may test each real server directly.
 */
function arrivalPorts(site: SiteSettings, machine: MachineSettings): Ports[] {
  const directors = addressesOf(directorsOf(site));
  return arrivals(site, machine).flatMap(({ service, address, ports }): Ports[] => {
    const { vipDevice, directorIsGateway } = methodOf(service.forwarding);
    return [
      ...(vipDevice ? [{ to: service.vips, ...ports }] : []),
      ...(directorIsGateway ? [{ to: [address], ...ports }] : []),
      { from: [...directors, ...site.managementCidrs], ...ports },
    ];
  });
}

function arrivalDoors(site: SiteSettings, machine: MachineSettings): Door[] {
  const directors = addressesOf(directorsOf(site));
  const tunnelled = arrivals(site, machine).some(
    ({ service }) => methodOf(service.forwarding).vipDevice === "tunl0",
  );
  return [
    ...merged(arrivalPorts(site, machine)),
    // IP in IP by its protocol number: the image has no /etc/protocols, and `ipip` there is another protocol, 94.
    ...(tunnelled ? [{ from: directors.filter(isIpv4), what: "meta l4proto 4" }] : []),
  ];
}

/**
 * A director forwards replies of real servers, to clients and to the management network. Packets from clients pass IPVS, not the
 * forward chain.
 */
function handedOn(site: SiteSettings, { role }: MachineSettings): Door[] {
  if (role !== "director") return [];
  const behind = [...site.realServers, ...(site.sorry?.machine ? [site.sorry.machine] : [])];
  const replies = behind
    .flatMap((machine) => arrivals(site, machine))
    .filter(({ service }) => !methodOf(service.forwarding).vipDevice)
    .map(({ address, ports }) => ({ from: [address], ...ports }));
  const servers = [...new Set(replies.flatMap(({ from }) => from))];
  const errors = "icmp type { destination-unreachable, time-exceeded, parameter-problem }";
  if (servers.length === 0) return [];
  return [
    ...merged(replies, "sport"),
    { from: servers, to: site.managementCidrs, what: "tcp sport 22" },
    { from: servers, what: errors },
  ];
}

/**
 * Chains with `notrack` rules. A director needs conntrack for FTP and for full NAT, but not for services that it
 * forwards unchanged. On other machines exactly the accepted service packets and their replies are not tracked. So
 * replies to the machine's own requests (name servers, archives) are still known to conntrack, whatever ports the
 * services use.
 */
function untracked(site: SiteSettings, machine: MachineSettings): string[] {
  const raw = (hook: string, doors: readonly Door[]) =>
    doors.length === 0 ? [] : [chain(hook, "raw", rules(doors, "notrack"))];
  if (machine.role === "director") {
    const direct = site.services.filter(({ forwarding }) => methodOf(forwarding).vipDevice);
    return raw("prerouting", merged(direct.map((service) => ({ to: service.vips, ...portsOfVip(service) }))));
  }
  const doors = arrivalPorts(site, machine);
  const replies = doors.map(({ from, to, ...ports }) => ({
    ...(to && { from: to }),
    ...(from && { to: from }),
    ...ports,
  }));
  return [...raw("prerouting", merged(doors)), ...raw("output", merged(replies, "sport"))];
}

/** A door as protocol and ports. No ports means all ports of the protocol. */
interface Ports extends Omit<Door, "what"> {
  readonly protocol: VirtualServiceSettings["protocol"];
  readonly ports: readonly string[];
}

/** Merges doors between the same addresses. */
function merged(doors: readonly Ports[], side: "dport" | "sport" = "dport"): Door[] {
  const keyOf = ({ from, to, protocol, ports }: Ports) =>
    JSON.stringify([from, to, protocol, ports.length > 0]);
  return [...new Set(doors.map(keyOf))].map((key) => {
    const same = nonEmpty(
      doors.filter((door) => keyOf(door) === key),
      key,
    );
    const { protocol, from, to } = same[0];
    const ports = [...new Set(same.flatMap((door) => door.ports))];
    const what =
      ports.length > 0 ? `${protocol} ${side} { ${ports.join(", ")} }` : `meta l4proto ${protocol}`;
    return { ...(from && { from }), ...(to && { to }), what };
  });
}

const portsOfVip = ({ protocol, ports, listeners }: VirtualServiceSettings) => ({
  protocol,
  ports: ports[0] === "0" ? [] : [...ports, ...listeners.flatMap(dataPorts)],
});

const portsOfListeners = ({ protocol, listeners }: VirtualServiceSettings) => ({
  protocol,
  ports: listeners.flatMap((listener) => [rangeText(listener), ...dataPorts(listener)]),
});

/** The ports of passive FTP's data connections. */
const dataPorts = ({ application }: ListenerSettings): string[] =>
  application === "ftp" ? [rangeText(ftpDataPorts)] : [];

const rangeText = ({ from, to }: { from: number; to: number }): string =>
  from === to ? String(from) : `${from}-${to}`;

const isIpv4 = (address: string): boolean => !address.includes(":");

/** All addresses of these machines, of both families. */
const addressesOf = (machines: readonly MachineSettings[]): string[] =>
  machines.flatMap(({ nics }) =>
    nics.flatMap(({ addresses, address6 }) => [...addresses, ...(address6 ? [address6] : [])]),
  );

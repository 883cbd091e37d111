/** Files of the director: sysctls, the IPVS table, marks, and VIPs. */
import { nicToward } from "../settings/assemble/networks";
import { methodOf } from "../settings/forwarding";
import {
  type DestinationSettings,
  type DirectorSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
  drainedNames,
  isWeb,
  siteHost,
  vipsOf,
} from "../settings/site";
import { virtualKey } from "./ipvsadm";
import { floatingOf, peerOf } from "./keepalived";
import { plainWeight } from "./weights";

/** conntrack's limit for full NAT. Each connection stays for two minutes after its end. The kernel's own default depends on memory only. */
const mostTracked = 262_144;

const methodsOf = ({ services }: SiteSettings) => services.map(({ forwarding }) => methodOf(forwarding));

/**
 * The kernel combines `send_redirects` of `all` and of the interface with OR, so both are off. The two `expire_`
 * sysctls end the connections of a removed real server, and the persistence templates of a quiescent one, at once
 * (kernel doc ipvs-sysctl). Full NAT needs conntrack for the replies.
 */
export function directorSysctl(site: SiteSettings): string {
  const methods = methodsOf(site);
  const redirects = ["all", "default", ...site.director.nics.map(({ device }) => device)];
  const tracks = methods.some(({ sourceNat }) => sourceNat);
  const forwards = methods.some(({ vipDevice }) => vipDevice === undefined);
  return `${[
    ...redirects.map((where) => `net.ipv4.conf.${where}.send_redirects = 0`),
    "net.ipv4.vs.expire_nodest_conn = 1",
    "net.ipv4.vs.expire_quiescent_template = 1",
    // Never switched off again before a reboot: connections that are being drained still need forwarding and conntrack.
    ...(forwards ? ["net.ipv4.ip_forward = 1"] : []),
    ...(tracks ? ["net.ipv4.vs.conntrack = 1", `net.netfilter.nf_conntrack_max = ${mostTracked}`] : []),
    ...(site.vrrp ? syncSysctl : []),
  ].join("\n")}\n`;
}

/**
 * When the master director announces a connection to the backup (kernel doc ipvs-sysctl). With a threshold in
 * packets, a connection that began with a retransmitted SYN would be announced only fifty packets later. `0 0`
 * announces a connection as soon as it is established, at each change of its state, and every ten seconds. Each
 * message is sent three times in all, because multicast may lose it.
 */
const syncSysctl = [
  "net.ipv4.vs.sync_threshold = 0 0",
  "net.ipv4.vs.sync_refresh_period = 10",
  "net.ipv4.vs.sync_retries = 2",
];

/** modules-load.d(5): IPVS, the helper for FTP's data connections, and conntrack, which must be loaded before its limit is set. */
export function directorModules(site: SiteSettings): string {
  const ftp = site.services.some(({ listeners }) =>
    listeners.some(({ application }) => application === "ftp"),
  );
  const tracks = methodsOf(site).some(({ sourceNat }) => sourceNat);
  return ["ip_vs", ...(ftp ? ["ip_vs_ftp"] : []), ...(tracks ? ["nf_conntrack"] : []), ""].join("\n");
}

/** The whole table in the form of `ipvsadm-save -n`, with thresholds, which ipvsadm-save leaves out. */
export function ipvsRules(site: SiteSettings, weightText = plainWeight): string {
  const lines = site.services.flatMap((service) => [
    serviceRule(service),
    ...service.destinations.map((destination) =>
      destinationRule(service, destination, weightText(destination)),
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

function serviceRule(service: VirtualServiceSettings): string {
  const { scheduler, persistence, onePacket, schedulerFlags } = service;
  const whole = "255.255.255.255";
  return [
    `-A ${virtualKey(service)} -s ${scheduler}`,
    ...(persistence ? [`-p ${persistence.timeoutSeconds}`] : []),
    ...(persistence && persistence.netmask !== whole ? [`-M ${persistence.netmask}`] : []),
    ...(onePacket ? ["-o"] : []),
    ...(schedulerFlags.length > 0 ? [`-b ${schedulerFlags.join(",")}`] : []),
  ].join(" ");
}

function destinationRule(
  service: VirtualServiceSettings,
  destination: DestinationSettings,
  weight: string,
): string {
  const { address, port, upperThreshold, lowerThreshold } = destination;
  const [flag = "", ...tunnel] = methodOf(service.forwarding).ipvsadmFlag.split(" ");
  const limited = upperThreshold > 0 || lowerThreshold > 0;
  return [
    `-a ${virtualKey(service)} -r ${bracketed(address)}:${port} ${flag} -w ${weight}`,
    ...tunnel,
    ...(limited ? [`-x ${upperThreshold} -y ${lowerThreshold}`] : []),
  ].join(" ");
}

/**
 * An nft(8) script, empty if there is nothing to do: firewall marks for services that are balanced by mark, source
 * NAT to the director's own address for full NAT, and the rules between the two directors of a pair.
 */
export function directorNft(site: SiteSettings, director: DirectorSettings): string {
  const marks = site.services.flatMap((service) =>
    service.fwmark === undefined ? [] : markRule(service, service.fwmark),
  );
  const sources = site.services.filter(({ forwarding }) => methodOf(forwarding).sourceNat).map(sourceRule);
  const peer = peerMatches(site, director);
  if (marks.length + sources.length + peer.length === 0) return "";
  const chain = (name: string, hook: string, rules: readonly string[]) =>
    rules.length === 0
      ? []
      : [`  chain ${name} {`, `    ${hook}`, ...rules.map((rule) => `    ${rule}`), "  }"];
  const ofPair = (lines: readonly string[]) => (peer.length === 0 ? [] : lines);
  return `${[
    "table inet lvs",
    "delete table inet lvs",
    "table inet lvs {",
    ...ofPair(["fresh", "held"].flatMap(timedSets)),
    ...chain("marks", "type filter hook prerouting priority mangle;", marks),
    ...chain("sources", "type nat hook postrouting priority srcnat;", sources),
    ...chain("peer", "type filter hook input priority filter;", ofPair(fromPeerAlone(peer))),
    ...chain("unknown", `type filter hook input priority ${afterIpvs};`, ofPair(dropUnknownConnections)),
    ...chain("begin", "type filter hook prerouting priority raw;", ofPair(dropNewConnections)),
    "}",
  ].join("\n")}\n`;
}

/** VRRP by number, because the image has no /etc/protocols. The port is that of IPVS's sync daemon (ipvsadm(8)). */
const vrrpProtocol = "meta l4proto 112";
const pairProtocols = [vrrpProtocol, "udp dport 8848"];

/** nft(8) matches for VRRP and connection sync from the other director of a pair. Empty for a single director. */
export function peerMatches(site: SiteSettings, director: Pick<DirectorSettings, "name">): string[] {
  const peer = peerOf(site, director);
  if (!peer) return [];
  const six = peer.nics.flatMap(({ address6 }) => (address6 === undefined ? [] : [address6]));
  return [
    ...pairProtocols.map(
      (match) => `ip saddr ${nftSet(peer.nics.map(({ addresses }) => addresses[0]))} ${match}`,
    ),
    ...(six.length > 0 ? [`ip6 saddr ${nftSet(six)} ${vrrpProtocol}`] : []),
  ];
}

/**
 * Accepts these protocols from the peer only, even without a firewall: forged adverts would take over the VIPs,
 * and forged sync messages would fill the connection table.
 */
const fromPeerAlone = (peer: readonly string[]): string[] => [
  ...peer.map((match) => `${match} accept`),
  ...pairProtocols.map((match) => `${match} drop`),
];

/** IPVS handles known connections at priorities 98 and 99, before source NAT at 100 (kernel, net/netfilter/ipvs/ip_vs_core.c). */
const afterIpvs = 110;

/** A set of addresses, and one for IPv6. Entries with a timeout expire by themselves. */
const timedSets = (name: string): string[] =>
  (
    [
      [name, "ipv4_addr"],
      [`${name}6`, "ipv6_addr"],
    ] as const
  ).map(([set, type]) => `  set ${set} { type ${type}; flags timeout; }`);

/**
 * When VIPs have just arrived, the connections of the last seconds are not known yet. Their packets are dropped instead of reset, so
 * clients retransmit. `lvs-notify` fills the set with VIPs.
 */
const dropUnknownConnections = [
  "ip daddr @fresh tcp flags & (syn | ack) != syn drop",
  "ip6 daddr @fresh6 tcp flags & (syn | ack) != syn drop",
];

/** Drops new connections to the VIPs that `lvs-director handover` puts into the set. Clients retransmit. */
const dropNewConnections = [
  "ip daddr @held tcp flags & (syn | ack) == syn drop",
  "ip6 daddr @held6 tcp flags & (syn | ack) == syn drop",
];

/** `{ a, b }`, or the item itself when there is only one. */
const nftSet = (items: readonly string[]): string =>
  items.length === 1 ? items.join() : `{ ${items.join(", ")} }`;

/** The nft(8) rule that marks packets of a service. */
function markRule({ family, vips, protocol, ports }: VirtualServiceSettings, fwmark: number): string {
  const address = `${family === 6 ? "ip6" : "ip"} daddr ${nftSet(vips)}`;
  const port = ports[0] === "0" ? `meta l4proto ${protocol}` : `${protocol} dport ${nftSet(ports)}`;
  return `${address} ${port} meta mark set ${fwmark}`;
}

function sourceRule({ vips, protocol, ports }: VirtualServiceSettings): string {
  const port = ports[0] === "0" ? "" : ` ct original proto-dst ${nftSet(ports)}`;
  return `meta l4proto ${protocol} ct original ip daddr ${nftSet(vips)}${port} masquerade`;
}

/** The VIPs that a director holds while it is active, each as `VIP@DEVICE`: all except its own address. */
export function directorVips(site: SiteSettings, director: DirectorSettings): string[] {
  const own = new Set(director.nics.flatMap(({ addresses }) => addresses));
  return vipsOf(site)
    .filter((vip) => !own.has(vip))
    .map((vip) => `${vip}@${nicToward(site.networks, director, vip).device}`);
}

/**
 * director.conf, which `lvs-director` sources. VIPS: each VIP with its device, except the director's own address,
 * and empty with VRRP. FLOATING: the addresses that VRRP moves. SYNC: device and id of connection sync. PEER:
 * address of the other director.
 */
export function directorConf(site: SiteSettings, director: DirectorSettings): string {
  const { nics, timeouts, drainSeconds } = director;
  const floating = floatingOf(site, director).map(({ address, nic }) => `${address}@${nic.device}`);
  const sync = site.vrrp ? `${nics[0].device} ${site.vrrp.routerId}` : "";
  return `VIPS="${site.vrrp ? "" : directorVips(site, director).join(" ")}"
TIMEOUTS="${timeouts.tcpSeconds} ${timeouts.tcpFinSeconds} ${timeouts.udpSeconds}"
DRAIN_SECONDS=${drainSeconds}
MANAGER=${director.health === "ldirectord" ? "ldirectord" : director.manager}
FLOATING="${floating.join(" ")}"
SYNC="${sync}"
PEER="${peerOf(site, director)?.address ?? ""}"
`;
}

/**
 * How the director waits until real servers are ready for clients: one line for each endpoint, `RIP:PORT URL
 * HOST`, `RIP:PORT tcp` or `RIP:PORT none`. With `none` it does not wait: the real server is drained, or there is
 * nothing to connect to (not TCP, or port 0).
 */
export function readinessList(site: SiteSettings): string {
  const out = drainedNames(site);
  const lines = site.services.flatMap(({ destinations, listeners, protocol }) =>
    destinations.map((destination) => {
      const { application, from } = listeners[0];
      const endpoint = `${bracketed(destination.address)}:${destination.port}`;
      const asked = `${bracketed(destination.address)}:${destination.port === 0 ? from : destination.port}`;
      if (out.includes(destination.name)) return `${endpoint} none`;
      if (isWeb(application)) return `${endpoint} ${application}://${asked}/readyz ${siteHost(site)}`;
      return `${endpoint} ${protocol !== "tcp" || destination.port === 0 ? "none" : "tcp"}`;
    }),
  );
  return `${[...new Set(lines)].join("\n")}\n`;
}

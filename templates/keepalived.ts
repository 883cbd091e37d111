/** keepalived.conf(5) for keepalived 2.2.7: floating addresses of a pair, and virtual services with their checks. */
import { networkOf } from "../settings/assemble/networks";
import { methodOf } from "../settings/forwarding";
import { isIpv6 } from "../settings/ipv6";
import {
  type DestinationSettings,
  type DirectorSettings,
  type NicSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  directorsOf,
  vipsOf,
} from "../settings/site";
import { checkSeconds, sorryOf } from "./checks";
import { type WeightText, plainWeight } from "./weights";
import { present } from "../settings/lists";

/** An address that VRRP moves between two directors. */
export interface Floating {
  readonly address: string;
  /** Prefix length: of the network for a gateway, so that it is on the link; 32 or 128 for a VIP. */
  readonly prefix: number;
  /** The director's NIC for this address. */
  readonly nic: NicSettings;
}

/** The floating addresses, network by network, VIPs first. Empty without a second director. */
export function floatingOf(site: SiteSettings, director: DirectorSettings): Floating[] {
  if (!site.vrrp) return [];
  const vips = vipsOf(site).map((address) => ({
    address,
    network: networkOf(site.networks, address).name,
    isGateway: false,
  }));
  const gateways = site.vrrp.gateways.map((gateway) => ({ ...gateway, isGateway: true }));
  return director.nics.flatMap((nic) =>
    [...vips, ...gateways]
      .filter(({ network }) => network === nic.network)
      .map(({ address, isGateway }) => ({
        address,
        prefix: isGateway ? nic.prefix : isIpv6(address) ? 128 : 32,
        nic,
      })),
  );
}

/** The other director of a pair. Undefined for a single director. */
export const peerOf = (
  site: SiteSettings,
  director: Pick<DirectorSettings, "name">,
): DirectorSettings | undefined => directorsOf(site).find(({ name }) => name !== director.name);

/** A line, or a block `head { ... }`. */
type Entry = string | readonly [head: string, body: readonly Entry[]];

const written = (entries: readonly Entry[], indent = ""): string =>
  entries
    .map((entry) =>
      typeof entry === "string"
        ? `${indent}${entry}\n`
        : `${indent}${entry[0]} {\n${written(entry[1], `${indent}  `)}${indent}}\n`,
    )
    .join("");

export function keepalivedConf(
  site: SiteSettings,
  director: DirectorSettings,
  weightText = plainWeight,
): string {
  const services = site.services.map((service) => virtualServer(service, weightText));
  const blocks = [globals(director), ...vrrpBlocks(site, director), ...services];
  return blocks.map((block) => written([block])).join("\n");
}

/**
 * On a busy director VRRP adverts come first (priority -20), then health checks (-10). Gratuitous ARP is repeated
 * every minute, so that a neighbour that missed the first one is wrong for a minute at most.
 */
const globals = ({ name }: DirectorSettings): Entry => [
  "global_defs",
  [
    `router_id ${name}`,
    "script_user root",
    "enable_script_security",
    "vrrp_version 3",
    "vrrp_check_unicast_src",
    "vrrp_priority -20",
    "checker_priority -10",
    "vrrp_garp_master_delay 1",
    "vrrp_garp_master_refresh 60",
  ],
];

/**
 * `lvs-director handover` writes this file. Any value but 0 puts VRRP into FAULT: the director gives the VIPs up
 * and tells its peer at once.
 */
export const handoverFile = "/run/lvs/handover";
const notified = 'notify "/usr/local/sbin/lvs-notify"';
const tracked: Entry = ["track_file", ["handover weight 0"]];

/** One VRRP instance for each network with a floating address. One sync group keeps them in the same state. */
function vrrpBlocks(site: SiteSettings, director: DirectorSettings): Entry[] {
  const floating = floatingOf(site, director);
  const nics = [...new Set(floating.map(({ nic }) => nic))];
  if (nics.length === 0) return [];
  const isGroup = nics.length > 1;
  const instances = nics.map((nic): Entry => {
    const addresses = floating.filter(({ nic: { device } }) => device === nic.device);
    return [
      `vrrp_instance ${nic.network}`,
      [...instanceOf(site, director, nic, addresses), ...(isGroup ? [] : [tracked, notified])],
    ];
  });
  const names = nics.map(({ network }) => network);
  const group: Entry = ["vrrp_sync_group site", [["group", names], tracked, notified]];
  const file: Entry = [
    "track_file handover",
    [`file "${handoverFile}"`, "weight 0", "init_file 0 overwrite"],
  ];
  return [file, ...(isGroup ? [group] : []), ...instances];
}

/** Both directors start as BACKUP, and neither preempts a healthy master. */
function instanceOf(
  site: SiteSettings,
  director: DirectorSettings,
  nic: NicSettings,
  floating: readonly Floating[],
): Entry[] {
  const { routerId, priority, advertSeconds } = present(site.vrrp, "VRRP of a pair");
  const peer = present(
    peerOf(site, director)?.nics.find(({ network }) => network === nic.network),
    `other director on ${nic.network}`,
  );
  const lineOf = ({ address, prefix }: Floating) =>
    `${address}/${prefix} dev ${nic.device}${isIpv6(address) ? " preferred_lft 0 -nodad" : ""}`;
  const [four, six] = [false, true].map((wanted) =>
    floating.filter(({ address }) => isIpv6(address) === wanted).map(lineOf),
  ) as [string[], string[]];
  // An advert is of one family and lists addresses of that family only. If both families float, the IPv6 addresses are
  // excluded from the advert and move with the IPv4 addresses.
  const own = ({ addresses, address6 }: NicSettings) =>
    four.length > 0 ? addresses[0] : present(address6, "IPv6 address");
  return [
    "state BACKUP",
    "nopreempt",
    `interface ${nic.device}`,
    `virtual_router_id ${routerId}`,
    `priority ${priority}`,
    `advert_int ${advertSeconds}`,
    `unicast_src_ip ${own(nic)}`,
    ["unicast_peer", [own(peer)]],
    ["virtual_ipaddress", four.length > 0 ? four : six],
    ...(four.length > 0 && six.length > 0 ? [["virtual_ipaddress_excluded", six] as const] : []),
  ];
}

const kinds = { "-g": "DR", "-m": "NAT", "-i --tun-type ipip": "TUN" } as const;

function virtualServer(service: VirtualServiceSettings, weightText: WeightText): Entry {
  const { fwmark, vip, port, family, protocol, scheduler, schedulerFlags, persistence, check } = service;
  const whole = "255.255.255.255";
  return [
    `virtual_server ${fwmark === undefined ? `${vip} ${port}` : `fwmark ${fwmark}`}`,
    [
      // For a mark, keepalived requires the address family and refuses the protocol.
      ...(fwmark === undefined ? [`protocol ${protocol.toUpperCase()}`] : []),
      ...(fwmark !== undefined && family === 6 ? ["ip_family inet6"] : []),
      `lb_algo ${scheduler}`,
      ...schedulerFlags,
      `lb_kind ${kinds[methodOf(service.forwarding).ipvsadmFlag]}`,
      ...(service.onePacket ? ["ops"] : []),
      ...(persistence ? [`persistence_timeout ${persistence.timeoutSeconds}`] : []),
      ...(persistence && persistence.netmask !== whole
        ? [`persistence_granularity ${persistence.netmask}`]
        : []),
      // alpha: real servers get no clients before their first check. warmup spreads the first checks over one second.
      ...(check ? [`delay_loop ${check.intervalSeconds}`, "warmup 1", "alpha"] : []),
      ...sorryServer(service),
      ...service.destinations.map((destination) => realServer(service, destination, weightText(destination))),
    ],
  ];
}

function sorryServer(service: VirtualServiceSettings): Entry[] {
  const sorry = sorryOf(service);
  if (!sorry) return [];
  return [`sorry_server ${sorry.address} ${sorry.port}`, `sorry_server_lvs_method ${kinds[sorry.flag]}`];
}

function realServer(
  { name, check }: VirtualServiceSettings,
  destination: DestinationSettings,
  weight: string,
): Entry {
  const { address, port, upperThreshold, lowerThreshold } = destination;
  return [
    `real_server ${address} ${port}`,
    [
      `weight ${weight}`,
      ...(upperThreshold > 0 ? [`uthreshold ${upperThreshold}`] : []),
      ...(lowerThreshold > 0 ? [`lthreshold ${lowerThreshold}`] : []),
      ...(check?.onFailure === "inhibit" ? ["inhibit_on_failure"] : []),
      ...(check
        ? [
            [
              "MISC_CHECK",
              [
                `misc_path "/usr/local/sbin/lvs-check ${name} ${destination.name}"`,
                `misc_timeout ${checkSeconds(check)}`,
              ],
            ] as const,
          ]
        : []),
    ],
  ];
}

/** The addresses at which clients connect to a site's services, and what they learn there. */
import { methodOf } from "../../settings/forwarding";
import { Cidr, isIpv4 } from "../../settings/ipv4";
import {
  type Application,
  type MachineSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
  entryPoints,
} from "../../settings/site";
import { type NonEmpty, nonEmpty, present } from "../../settings/lists";

/** An address and port of a service, with its application. */
export interface Entrance {
  readonly service: VirtualServiceSettings;
  readonly vip: string;
  readonly port: number;
  readonly application: Application;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One connection: from the address `from` of the client machine, or from the hypervisor's side. */
export interface Call {
  readonly entrance: Entrance;
  readonly from?: string;
  readonly sourcePort?: number;
}

/** A connection from the client machine. */
export type ClientCall = Call & { readonly from: string };

export const isFromClient = (call: Call): call is ClientCall => call.from !== undefined;

export interface Reply {
  /** Name of the real server that answered. */
  readonly server: string;
  readonly client: Endpoint;
}

/** Every VIP and port of a service. Of a range of ports, the first and the last one. */
export function entrancesOf(site: SiteSettings, service: VirtualServiceSettings): NonEmpty<Entrance> {
  const entrances = entryPoints({ ...site, services: [service] }).flatMap(({ vip, port, listener }) => {
    const { application, from, to } = listener;
    const ports = to > from && from === port ? [from, to] : [port];
    return ports.map((one) => ({ service, vip, port: one, application }));
  });
  return nonEmpty(entrances, `entrance of ${service.name}`);
}

/** The first entrance of a service that `fits`. @throws Error when there is none */
export function entranceOf(
  site: SiteSettings,
  service: VirtualServiceSettings,
  fits: (entrance: Entrance) => boolean,
): Entrance {
  return present(entrancesOf(site, service).find(fits), `fitting entrance of ${service.name}`);
}

/** The client machine of a site that is seen from there. @throws Error when the site has none */
export const clientOf = ({ client }: SiteSettings): MachineSettings => present(client, "client machine");

export const urlOf = ({ application, vip, port }: Entrance): string =>
  `${application}://${bracketed(vip)}:${port}/`;

/** A small page that every content has. */
export const probePath = ({ content }: SiteSettings): string =>
  content === "wordpress" ? "/healthz" : "/whoami";

/**
 * Which side tests a service. The client machine tests SCTP, which a host's kernel may lack, and services whose real servers answer
 * from another network than the VIP's, because a host may drop such a source as forged.
 */
export function viewpoint(
  { client, networks }: SiteSettings,
  service: VirtualServiceSettings,
): "client" | "hypervisor" {
  if (service.protocol === "sctp") return "client";
  const direct = methodOf(service.forwarding).vipDevice === "tunl0" && networks.length > 1;
  return client && direct ? "client" : "hypervisor";
}

/** The source addresses that real servers see: the client's own, or the director's in full NAT. */
export function sourcesSeen(site: SiteSettings, service: VirtualServiceSettings): string[] {
  if (methodOf(service.forwarding).sourceNat) return site.director.nics.flatMap((nic) => nic.addresses);
  if (viewpoint(site, service) === "client") return clientOf(site).nics.flatMap((nic) => nic.addresses);
  return site.networks.flatMap(({ gateway, gateway6 }) => (gateway6 ? [gateway, gateway6] : [gateway]));
}

/** What a client claims to be. The address is for documentation alone (RFC 5737). */
export const claimed = {
  address: "192.0.2.7",
  headers: { "X-Forwarded-For": "192.0.2.7" },
} as const;

/** The addresses that real servers note for a request with `claimed.headers`: of a client that is no trusted proxy, its own. */
export function addressesTold(site: SiteSettings, service: VirtualServiceSettings): string[] {
  const sources = sourcesSeen(site, service);
  const trusted = (site.trustedProxies ?? []).filter((one) => !one.includes(":")).map(cidrOf);
  const isTrusted = (address: string) => isIpv4(address) && trusted.some((one) => one.contains(address));
  return sources.map((address) => (isTrusted(address) ? claimed.address : address));
}

const cidrOf = (text: string): Cidr => new Cidr(text.includes("/") ? text : `${text}/32`);

/** How often each real server of a service is in `servers`, as text such as `rs1 2, rs2 5`. */
export function tally({ destinations }: VirtualServiceSettings, servers: readonly string[]): string {
  const names = [...new Set([...destinations.map(({ name }) => name), ...servers])];
  return names.map((name) => `${name} ${servers.filter((server) => server === name).length}`).join(", ");
}

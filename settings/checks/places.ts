/** Checks that every machine is on a network where it can be reached and can reply. */
import { networkOf } from "../assemble/networks";
import { methodOf } from "../forwarding";
import type { Problem } from "../problems";
import { roleOf } from "../roles";
import {
  type MachineSettings,
  type NetworkSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  machinesOf,
  realServerOf,
} from "../site";
import type { Context, Finding } from "./findings";
import { addressPath } from "./machines";
import type { NonEmpty } from "../lists";

/** Whether a machine has a NIC on a network. */
export const isOn = ({ nics }: MachineSettings, { name }: NetworkSettings): boolean =>
  nics.some(({ network }) => network === name);
/** Whether the hypervisor forwards packets between two networks, whatever their source address. */
export const isRouted = (one: NetworkSettings, other: NetworkSettings): boolean =>
  one.forward === "open" && other.forward === "open";

/** The networks of a service's VIPs. */
const frontsOf = (
  networks: NonEmpty<NetworkSettings>,
  { vips }: VirtualServiceSettings,
): NetworkSettings[] => [...new Set(vips.map((vip) => networkOf(networks, vip)))];

/** Reports the first real server that the forwarding method cannot reach on its network, or that cannot reply from there. */
export function realServerPlaces({ site, service, method }: Context): Finding[] {
  const fronts = frontsOf(site.networks, service);
  for (const { name, address } of service.destinations) {
    const network = networkOf(site.networks, address);
    const server = realServerOf(site, name);
    const refuse = (message: string): Finding[] => [["forwarding", message]];
    const away = fronts.find((front) => !isOn(server, front));
    if (method.realServersOn === "the VIP's network" && away)
      return refuse(
        `${service.forwarding} reaches real servers on the VIP's own network ${away.cidr} only, and ${name} has no address there; write one in its addresses, or "tun"`,
      );
    if (method.directorIsGateway && fronts.includes(network))
      return refuse(
        `clients on ${network.cidr} share that network with ${name}, which would answer them directly, not through the director; put the real servers on a network of their own behind it, or write "fullnat"`,
      );
    const reached = isOn(site.director, network);
    if (method.directorIsGateway && !reached)
      return refuse(
        `the director is the gateway of ${name} and not on its network ${network.cidr}; give it an address there, or write "fullnat"`,
      );
    if (!reached && !fronts.some((front) => isRouted(network, front)))
      return refuse(
        `the director cannot reach ${name} at ${address}; give it an address on ${network.cidr}, or write "open" as forward of both networks`,
      );
    const mute = fronts.find((front) => !isOn(server, front) && !isRouted(network, front));
    if (method.vipDevice !== undefined && mute)
      return refuse(
        `${service.forwarding} lets ${name} answer clients itself, in the VIP's name, which its network ${network.cidr} does not let out; write "open" as forward of it and of ${mute.cidr}, or "fullnat"`,
      );
  }
  return [];
}

/**
 * The client machine must reach every VIP. With nat, no real server may be on its network, because the reply would
 * bypass the director.
 */
export function clientPlace({ networks, client, services }: SiteSettings): Problem[] {
  if (!client) return [];
  const own = networkOf(networks, client.address);
  const lost = networks.filter(
    (front) =>
      services.some((service) => frontsOf(networks, service).includes(front)) &&
      !isOn(client, front) &&
      !isRouted(own, front),
  );
  if (lost.length > 0)
    return lost.map(({ cidr }) => ({
      path: "client",
      message: `${client.address} is on ${own.cidr}, which cannot reach the VIPs on ${cidr}; write an address there, or "open" as forward of both networks`,
    }));
  const besides = (service: VirtualServiceSettings) => {
    if (!methodOf(service.forwarding).directorIsGateway) return [];
    if (frontsOf(networks, service).every((front) => isOn(client, front))) return [];
    return service.destinations.filter(({ address }) => isOn(client, networkOf(networks, address)));
  };
  return services.flatMap((service, index) =>
    besides(service)
      .slice(0, 1)
      .map(({ name, address }) => ({
        path: "client",
        message: `shares ${networkOf(networks, address).cidr} with ${name}, which would answer it directly, not through the director; write an address outside of it, or "fullnat" as forwarding of services[${index}]`,
      })),
  );
}

/** Every machine that real servers need must be on a network of theirs, or one with a route. */
export function storagePlaces(site: SiteSettings): Problem[] {
  const { networks, realServers } = site;
  return machinesOf(site)
    .filter(({ role }) => roleOf(role).servesRealServers)
    .flatMap((machine) => {
      const { address } = machine;
      const network = networkOf(networks, address);
      const lost = realServers.find(
        (server) => !isOn(server, network) && !isRouted(network, networkOf(networks, server.address)),
      );
      const message = `${address} is on the network ${network.name}, and ${lost?.name} is not; add an address there to its addresses`;
      return lost ? [{ path: addressPath(machine, site), message }] : [];
    });
}

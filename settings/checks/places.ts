/** Whether every machine stands where it can be reached, and can answer from there. */
import { networkOf } from "../assemble/networks";
import { methodOf } from "../forwarding";
import type { Problem } from "../problems";
import type { MachineSettings, NetworkSettings, SiteSettings, VirtualServiceSettings } from "../site";
import type { Context, Finding } from "./findings";

const isOn = ({ nics }: MachineSettings, { name }: NetworkSettings): boolean =>
  nics.some(({ network }) => network === name);
/** Whether the hypervisor carries packets between two networks, whatever their source. */
const isRouted = (one: NetworkSettings, other: NetworkSettings): boolean =>
  one.forward === "open" && other.forward === "open";

/** The first real server that the method cannot reach where it stands, or that cannot answer from there. */
export function realServerPlaces({ site, service, method }: Context): Finding[] {
  const front = networkOf(site.networks, service.vip);
  for (const { name, address } of service.destinations) {
    const network = networkOf(site.networks, address);
    const server = site.realServers.find((known) => known.name === name)!;
    const refuse = (message: string): Finding[] => [["forwarding", message]];
    if (method.realServersOn === "the VIP's network" && network !== front)
      return refuse(
        `${service.forwarding} reaches real servers on the VIP's own network ${front.cidr} only, and ${name} has no address there; write one in its addresses, or "tun"`,
      );
    if (method.directorIsGateway && network === front)
      return refuse(
        `clients on ${front.cidr} share that network with ${name}, which would answer them past the director; put the real servers on a network of their own behind it, or write "fullnat"`,
      );
    const reached = isOn(site.director, network);
    if (method.directorIsGateway && !reached)
      return refuse(
        `the director is the gateway of ${name} and not on its network ${network.cidr}; give it an address there, or write "fullnat"`,
      );
    if (!reached && !isRouted(network, front))
      return refuse(
        `the director has no way to ${name} at ${address}; give it an address on ${network.cidr}, or write "open" as forward of both networks`,
      );
    if (service.forwarding === "tun" && !isOn(server, front) && !isRouted(network, front))
      return refuse(
        `tun lets ${name} answer clients itself, in the VIP's name, which its network ${network.cidr} does not let out; write "open" as forward of it and of ${front.cidr}, or "fullnat"`,
      );
  }
  return [];
}

/** A client beside a real server that is reached by nat gets its answers from the wrong address. */
export function clientPlace({ networks, client, services }: SiteSettings): Problem[] {
  if (!client) return [];
  const besides = (service: VirtualServiceSettings) => {
    if (!methodOf(service.forwarding).directorIsGateway) return [];
    if (isOn(client, networkOf(networks, service.vip))) return [];
    return service.destinations.filter(({ address }) => isOn(client, networkOf(networks, address)));
  };
  return services.flatMap((service, index) =>
    besides(service)
      .slice(0, 1)
      .map(({ name, address }) => ({
        path: "client",
        message: `shares ${networkOf(networks, address).cidr} with ${name}, which would answer it past the director; write an address outside of it, or "fullnat" as forwarding of services[${index}]`,
      })),
  );
}

/** What the real servers need must be on a network of theirs, or routed to. */
export function storagePlaces({ networks, realServers, nfs, mysql }: SiteSettings): Problem[] {
  return [nfs, mysql]
    .filter((machine) => machine !== undefined)
    .flatMap(({ name: path, address }) => {
      const network = networkOf(networks, address);
      const lost = realServers.find(
        (server) => !isOn(server, network) && !isRouted(network, networkOf(networks, server.address)),
      );
      const message = `${address} is on the network ${network.name}, and ${lost?.name} is not; add an address there to its addresses`;
      return lost ? [{ path: `${path}.address`, message }] : [];
    });
}

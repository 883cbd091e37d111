/** The networks of a site, and the NICs on them. */
import { type AddressPlan, macOf, sourcesOf } from "../addressPlan";
import { hashOf } from "../hash";
import { Cidr, isIpv4 } from "../ipv4";
import { Cidr6 } from "../ipv6";
import type { StackFile } from "../schema";
import type { MachineSettings, NetworkSettings, NicSettings } from "../site";
import { type NonEmpty, mapNonEmpty, nonEmpty, paired, present } from "../lists";

/**
 * The name of a network's bridge. The kernel allows interface names of at most 15 characters; a longer name is cut
 * and ends in a hash of the full one.
 */
export function bridgeName(stack: string, network = ""): string {
  const whole = network ? `${stack}-${network}` : stack;
  const plain = `lvs-${whole}`;
  if (plain.length <= 15) return plain;
  const hash = hashOf(whole).toString(36);
  return `lvs-${whole.slice(0, 15 - 5 - hash.length)}-${hash}`;
}

/** Returns the networks of a site, the front network first, with gateways from the plan. */
export function assembleNetworks(
  stack: string,
  file: StackFile,
  plan: AddressPlan,
): NonEmpty<NetworkSettings> {
  const networks = paired([{ name: "front", ...file.network }, ...file.networks], plan.gateways);
  return mapNonEmpty(nonEmpty(networks, "network"), ([said, gateway], index) => {
    const suffix = index === 0 ? "" : said.name;
    const cidr6 = said.cidr6 === undefined ? undefined : new Cidr6(said.cidr6);
    const cidr = new Cidr(said.cidr);
    return {
      name: said.name,
      // Stack names contain no colon. So no stack's name can equal the name of another stack's network.
      libvirtName: `lvs-${[stack, suffix].filter(Boolean).join(":")}`,
      bridge: bridgeName(stack, suffix),
      cidr: cidr.text,
      prefix: cidr.prefix,
      gateway,
      ...(cidr6 && {
        cidr6: cidr6.text,
        prefix6: cidr6.prefix,
        gateway6: cidr6.host(cidr.offsetOf(gateway)),
      }),
      forward: said.forward,
    };
  });
}

/** The network that contains an address. The front network for an address outside all networks, which is refused later. */
export function networkOf(networks: NonEmpty<NetworkSettings>, address: string): NetworkSettings {
  const holds = ({ cidr, cidr6 }: NetworkSettings) =>
    isIpv4(address)
      ? new Cidr(cidr).contains(address)
      : cidr6 !== undefined && new Cidr6(cidr6).hasHost(address);
  return networks.find(holds) ?? networks[0];
}

/** The machine's NIC on the network that contains `address`. @throws Error when the machine is not on it */
export function nicToward(
  networks: NonEmpty<NetworkSettings>,
  machine: MachineSettings,
  address: string,
): NicSettings {
  const { name } = networkOf(networks, address);
  return present(
    machine.nics.find(({ network }) => network === name),
    `NIC of ${machine.name} on ${name}`,
  );
}

/** Returns a machine's NIC number `index`, which has `address`. The first NIC has `sources` consecutive addresses. */
export function assembleNic(
  networks: NonEmpty<NetworkSettings>,
  address: string,
  index: number,
  sources = 1,
): NicSettings {
  const network = networkOf(networks, address);
  const { prefix, cidr6, prefix6, gateway6, forward } = network;
  return {
    device: `eth${index}`,
    mac: macOf(address),
    network: network.name,
    addresses: [address, ...(index === 0 ? sourcesOf(address, sources).slice(1) : [])],
    cidr: network.cidr,
    prefix,
    ...(cidr6 !== undefined && {
      address6: new Cidr6(cidr6).host(new Cidr(network.cidr).offsetOf(address)),
      prefix6,
    }),
    ...(forward !== "none" && { gateway: network.gateway }),
    ...(forward !== "none" && gateway6 !== undefined && { gateway6 }),
    throughDirector: false,
  };
}

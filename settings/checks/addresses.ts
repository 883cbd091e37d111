/** Checks that every machine's addresses are on its networks, and that no address is used twice. */
import { networkOf } from "../assemble/networks";
import { Cidr, isIpv4 } from "../ipv4";
import { Cidr6 } from "../ipv6";
import { methodOf } from "../forwarding";
import { type Problem, networkPath } from "../problems";
import type { StackFile } from "../schema";
import {
  type MachineSettings,
  type NetworkSettings,
  type SiteSettings,
  machinesByRole,
  machinesOf,
} from "../site";
import { addressPath, machineInFile, machinePath, machineTitle } from "./machines";
import { type NonEmpty, paired } from "../lists";

interface Place {
  readonly path: string;
  readonly address: string;
  readonly what: string;
}

export function addressProblems(site: SiteSettings, file: StackFile): Problem[] {
  const owners = new Map<string, Place>();
  const gateways = site.networks.map(({ gateway, name }, index) => ({
    path: `${networkPath(index)}.gateway`,
    address: gateway,
    what: index === 0 ? "the gateway" : `the gateway of ${name}`,
  }));
  // The later of two owners of an address gets the message. Real servers are last, because their addresses are the
  // easiest to change.
  const { director, realServer, ...others } = machinesByRole(site);
  const placesOf = (list: readonly MachineSettings[]) =>
    list.flatMap((machine) => machinePlaces(machine, site, file));
  const machines = [
    ...placesOf(director),
    ...floatingPlaces(site, file),
    ...placesOf([...Object.values(others).flat(), ...realServer]),
  ];
  const lost = ({ path, address }: Place, networks: NonEmpty<NetworkSettings>): Problem[] =>
    networks.some(({ cidr }) => new Cidr(cidr).hasHost(address))
      ? []
      : [{ path, message: `${address} ${outside(networks, address)}` }];
  const problems = [
    ...paired(gateways, site.networks).flatMap(([gateway, network]) => lost(gateway, [network])),
    ...machines.flatMap((machine) => lost(machine, site.networks)),
  ];
  for (const place of [...gateways, ...machines]) {
    const owner = owners.get(place.address);
    if (owner) {
      const message = `${place.address} is already the address of ${owner.what}; write another`;
      problems.push({ path: place.path, message });
    } else owners.set(place.address, place);
  }
  return [...problems, ...nicProblems(site, file), ...vipProblems(site, file, owners)];
}

function machinePlaces(machine: MachineSettings, site: SiteSettings, file: StackFile): Place[] {
  const path = machinePath(machine, site);
  const several = machineInFile(machine, site, file).addresses !== undefined;
  const single = addressPath(machine, site);
  const what = machineTitle(machine);
  return machine.nics.flatMap(({ addresses }, index) =>
    addresses.map((address) => ({
      path: several ? `${path}.addresses[${index}]` : single,
      address,
      what,
    })),
  );
}

/** The gateways that float between the directors. */
function floatingPlaces({ vrrp }: SiteSettings, file: StackFile): Place[] {
  return (vrrp?.gateways ?? []).map(({ address }) => ({
    path: `vrrp.gateways${file.vrrp.gateways.includes(address) ? `[${file.vrrp.gateways.indexOf(address)}]` : ""}`,
    address,
    what: "the directors' floating gateway",
  }));
}

/** Allows one NIC per network. With two on one network, each would answer for the other's address. */
function nicProblems(site: SiteSettings, file: StackFile): Problem[] {
  return machinesOf(site).flatMap((machine) =>
    machine.nics.flatMap((nic, index) => {
      const first = machine.nics.find(({ network }) => network === nic.network) ?? nic;
      if (first === nic || machineInFile(machine, site, file).addresses === undefined) return [];
      const path = `${machinePath(machine, site)}.addresses[${index}]`;
      const message = `${nic.addresses[0]} is on the same network as ${first.addresses[0]}; write one address per network`;
      return [{ path, message }];
    }),
  );
}

function outside(networks: NonEmpty<NetworkSettings>, address: string): string {
  const ranges = networks.flatMap(({ cidr, cidr6 }) => {
    if (!isIpv4(address)) return cidr6 === undefined ? [] : [`one in ${cidr6}`];
    const network = new Cidr(cidr);
    return [`an address from ${network.firstHost} to ${network.lastHost}`];
  });
  if (ranges.length === 0)
    return `is on no network: none has an IPv6 prefix; write one as cidr6 of the network`;
  const [{ cidr, cidr6 }] = networks;
  const where =
    networks.length === 1 ? `outside the network ${isIpv4(address) ? cidr : String(cidr6)}` : "on no network";
  return `is ${where}; write ${ranges.join(" or ")}`;
}

function vipProblems(site: SiteSettings, file: StackFile, owners: ReadonlyMap<string, Place>): Problem[] {
  return paired(site.services, file.services).flatMap(([{ vips, forwarding }, said], index) =>
    vips.flatMap((vip, order) => {
      const path = `services[${index}].${said.vips ? `vips[${order}]` : "vip"}`;
      const network = networkOf(site.networks, vip);
      const inside = isIpv4(vip)
        ? new Cidr(network.cidr).hasHost(vip)
        : network.cidr6 !== undefined && new Cidr6(network.cidr6).hasHost(vip);
      if (!inside) return [{ path, message: `${vip} ${outside(site.networks, vip)}` }];
      const owner = owners.get(vip) ?? owner6(site, vip);
      const single = site.secondDirector === undefined && owner?.what === "the director";
      const shared = methodOf(forwarding).vipDevice === undefined && single;
      if (owner && !shared)
        return [
          {
            path,
            message: `${vip} is the address of ${owner.what}; a VIP needs an address that no machine has`,
          },
        ];
      if (!site.director.nics.some((nic) => nic.network === network.name))
        return [
          {
            path,
            message: `${vip} is on the network ${network.name}, and the director is not; add an address there to director.addresses`,
          },
        ];
      return [];
    }),
  );
}

function owner6(site: SiteSettings, vip: string): Pick<Place, "what"> | undefined {
  if (site.networks.some(({ gateway6 }) => gateway6 === vip)) return { what: "the gateway" };
  const machine = machinesOf(site).find(({ nics }) => nics.some(({ address6 }) => address6 === vip));
  return machine && { what: machineTitle(machine) };
}

/**
 * Plans a site's addresses, so that none has to be discovered: every machine has its addresses, and each address its
 * MAC. The usual host numbers are those of settings/roles.ts, .40 and up for VIPs, and .29 for a gateway that floats
 * between two directors.
 */
import { Cidr, isIpv4, toNumber } from "./ipv4";
import { methodOf } from "./forwarding";
import {
  type MachineInFile,
  type Role,
  machineRow,
  namedMachines,
  realServerHost,
  roleOf,
  roles,
} from "./roles";
import type { StackFile } from "./schema";
import { type NonEmpty, mapNonEmpty, nonEmpty, paired } from "./lists";

/**
 * Roles whose first machine has an address in every plan, even if the site has no such machine. So real servers keep their
 * addresses when that machine is added later.
 */
const placedFirst = ["director", "nfs", "mysql", "client"] as const;
type PlacedLater = Exclude<Role, (typeof placedFirst)[number] | "realServer">;
/** The other roles, except real servers. A machine of theirs gets an address only if the site has it. */
const placedLater = roles.filter(
  (role): role is PlacedLater => role !== "realServer" && !placedFirst.some((first) => first === role),
);

/** The addresses of each role's first machine, one per NIC. Empty if the plan has no address for it. */
export interface AddressPlan extends Readonly<Record<Exclude<Role, "realServer">, readonly string[]>> {
  /** The hypervisor's address on each network, the front network first. */
  readonly gateways: readonly string[];
  /** Empty for a single director. */
  readonly secondDirector: readonly string[];
  /** A gateway on each further network, which floats between two directors. Empty for a single director. */
  readonly floating: readonly string[];
  /** The database replica's addresses. Undefined for a database without a replica. */
  readonly replica?: readonly string[];
  readonly realServers: readonly (readonly string[])[];
  /** The VIPs of each service. */
  readonly vips: readonly (readonly string[])[];
}

/** The networks of a stack file, the front network first. */
export function networksOf(file: StackFile): NonEmpty<Cidr> {
  return mapNonEmpty([file.network, ...file.networks], ({ cidr }) => new Cidr(cidr));
}

/**
 * Keeps the addresses of the stack file and adds the missing ones, from the usual host numbers upward. It never
 * assigns an address twice while the network has free ones.
 */
export function planAddresses(file: StackFile): AddressPlan {
  const networks = networksOf(file);
  const [front] = networks;
  const taken = new Set(givenAddresses(file));
  // Searches the network once. When it is full, an address is assigned twice, and settings/checks/addresses.ts refuses it.
  const lowestFree = (network: Cidr, from: number, count = 1): string => {
    const last = network.size - 1 - count;
    const isFree = (first: number) =>
      Array.from({ length: count }, (_, step) => network.host(first + step)).every(
        (host) => !taken.has(host),
      );
    let offset = Math.min(from, last);
    for (let step = 0; step < last && !isFree(offset); step += 1) offset = (offset % last) + 1;
    for (let step = 0; step < count; step += 1) taken.add(network.host(offset + step));
    return network.host(offset);
  };
  const place = (said: MachineInFile | undefined, on: readonly Cidr[], from: number, count = 1): string[] => {
    const given = said?.addresses ?? (said?.address !== undefined ? [said.address] : undefined);
    return given ? [...given] : on.map((network) => lowestFree(network, from, count));
  };
  const placeNamed = (name: Parameters<typeof machineRow>[0], on: readonly Cidr[], count = 1) => {
    const { inFile, host } = machineRow(name);
    return place(inFile(file), on, host, count);
  };
  const gateways = paired([file.network, ...file.networks], networks).map(
    ([{ gateway }, network]) => gateway ?? lowestFree(network, 1),
  );
  const director = placeNamed("director", networks);
  const behind = realServerNetworks(file, networks);
  const [firstBehind] = behind;
  const nfs = placeNamed("nfs", [firstBehind]);
  const mysql = placeNamed("mysql", [firstBehind]);
  // Services without a VIP in the stack file share one.
  let sharedVip: string | undefined;
  const vips = file.services.map(({ vip, vips }) => vips ?? [vip ?? (sharedVip ??= lowestFree(front, 40))]);
  const client = placeNamed("client", [front], file.client?.sources);
  const isPair = file.directors === 2;
  const secondDirector = isPair ? placeNamed("director2", networks) : [];
  const floating = isPair
    ? networks.slice(1).map((network) => {
        const given = file.vrrp.gateways.find((gateway) => network.contains(gateway));
        return given ?? lowestFree(network, 29);
      })
    : [];
  const others = Object.fromEntries(
    placedLater.map((role) => {
      const { isPresent, machines } = roleOf(role);
      if (!isPresent(file)) return [role, []];
      const [{ inFile, host }] = nonEmpty(machines, `machine of the role ${role}`);
      return [role, place(inFile(file), [firstBehind], host)];
    }),
  ) as Record<PlacedLater, string[]>;
  // Real servers come last, so that a further one changes no other machine's address.
  const realServers = file.realServers.map((server) => place(server, behind, realServerHost));
  const plan = {
    gateways,
    director,
    secondDirector,
    floating,
    nfs,
    mysql,
    client,
    ...others,
    realServers,
    vips,
  };
  if (!file.mysql?.replica) return plan;
  // The replica's host number is below those of real servers. So a replica changes no other machine's address, and
  // real servers do not change the replica's.
  const beside = mysql.map((own) => networks.find((network) => network.contains(own)) ?? front);
  return { ...plan, replica: placeNamed("mysql2", beside) };
}

/**
 * The networks of real servers without addresses in the stack file: the front network, the first network behind the
 * director, or both, depending on the services' forwarding methods.
 */
function realServerNetworks(file: StackFile, networks: NonEmpty<Cidr>): NonEmpty<Cidr> {
  const [front, inside] = networks;
  const methods = file.services.map(({ forwarding }) => methodOf(forwarding));
  if (!inside || methods.every(({ realServersOn }) => realServersOn === "the VIP's network")) return [front];
  return methods.some(({ realServersOn }) => realServersOn === "the VIP's network")
    ? [front, inside]
    : [inside];
}

function givenAddresses(file: StackFile): string[] {
  const { client, realServers } = file;
  const machines = [...namedMachines.map(({ inFile }) => inFile(file)), ...realServers];
  const gateways = [file.network, ...file.networks].map(({ gateway }) => gateway);
  const given = [
    ...gateways,
    ...file.vrrp.gateways,
    ...machines.flatMap((said) => [said?.address, ...(said?.addresses ?? [])]),
    ...file.services.flatMap(({ vip, vips }) => [vip, ...(vips ?? [])]),
    ...sourcesOf(client?.addresses?.[0] ?? client?.address, client?.sources),
  ];
  return given.filter((address) => address !== undefined);
}

/** Returns `count` consecutive addresses, starting with `first`. Empty when `first` is missing or not an IPv4 address. */
export function sourcesOf(first: string | undefined, count = 1): string[] {
  if (first === undefined || !isIpv4(first)) return [];
  const network = new Cidr(`${first}/32`);
  return Array.from({ length: count }, (_, step) => network.host(step));
}

/**
 * Returns a locally administered MAC (QEMU's prefix 52:54) that contains the IPv4 address. So no two machines on a
 * host have the same MAC.
 */
export function macOf(address: string): string {
  const digits = toNumber(address).toString(16).padStart(8, "0");
  return `52:54:${digits.replace(/..(?!$)/g, "$&:")}`;
}

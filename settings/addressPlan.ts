/**
 * Addresses are decided, never discovered: one plan gives every machine of a site its address, and each address its
 * MAC. Classic hosts: director .31, real servers from .32 up, NFS .34, MySQL .35, VIPs from .40 up.
 */
import { Cidr, toNumber } from "./ipv4";

export interface PlanInput {
  readonly network: Cidr;
  readonly gateway?: string;
  readonly director?: string;
  readonly nfs?: string;
  readonly mysql?: string;
  readonly realServers: readonly (string | undefined)[];
  readonly vips: readonly (string | undefined)[];
}

export interface AddressPlan {
  readonly gateway: string;
  readonly director: string;
  readonly nfs: string;
  readonly mysql: string;
  readonly realServers: readonly string[];
  readonly vips: readonly string[];
}

/** Keeps what is given and fills in the rest from the classic hosts, never giving one address twice. */
export function planAddresses(input: PlanInput): AddressPlan {
  const { network } = input;
  const given = [input.gateway, input.director, input.nfs, input.mysql, ...input.realServers, ...input.vips];
  const taken = new Set(given.filter((address) => address !== undefined));
  // Round the network once at most: where it is full, an address is given twice, and refused as such.
  const lowestFree = (from: number): string => {
    const hosts = network.size - 2;
    let offset = from;
    for (let step = 0; step < hosts && taken.has(network.host(offset)); step += 1)
      offset = (offset % hosts) + 1;
    const address = network.host(offset);
    taken.add(address);
    return address;
  };
  const gateway = input.gateway ?? lowestFree(1);
  const director = input.director ?? lowestFree(31);
  const nfs = input.nfs ?? lowestFree(34);
  const mysql = input.mysql ?? lowestFree(35);
  // Services without a VIP of their own share one.
  let sharedVip: string | undefined;
  const vips = input.vips.map((address) => address ?? (sharedVip ??= lowestFree(40)));
  const realServers = input.realServers.map((address) => address ?? lowestFree(32));
  return { gateway, director, nfs, mysql, realServers, vips };
}

/** A locally known MAC (QEMU's prefix 52:54) that carries the address, so that no two machines of a host share one. */
export function macOf(address: string): string {
  const digits = toNumber(address).toString(16).padStart(8, "0");
  return `52:54:${digits.match(/../g)!.join(":")}`;
}

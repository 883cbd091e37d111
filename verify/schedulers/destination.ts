/** Types and functions that the schedulers share. */
import ipaddr from "ipaddr.js";
import { type Listing, listedAs } from "../../running/ipvsTable";
import { type VirtualServiceSettings, bracketed } from "../../settings/site";
import { ensure } from "../claim";

/** A real server as a scheduler sees it. The counters grow with each connection. */
export interface Destination {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** 0 for no limit. */
  readonly upperThreshold: number;
  active: number;
  inactive: number;
}

/** The part of a connection's first packet that schedulers use. */
export interface Packet {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
}

/** Chooses a destination for a connection, or none. Keeps the scheduler's state between calls. */
export type Schedule = (destinations: readonly Destination[], packet: Packet) => Destination | undefined;

/** ip_vs_bind_dest(): all connections count for the threshold, also inactive ones. */
const isFull = ({ upperThreshold, active, inactive }: Destination): boolean =>
  upperThreshold > 0 && active + inactive >= upperThreshold;

export const isAvailable = (destination: Destination): boolean =>
  destination.weight > 0 && !isFull(destination);

/** An address as one number of 32 bits. The four words of IPv6 are combined by XOR. */
export function folded(address: string): number {
  const bytes = ipaddr.parse(address).toByteArray();
  let value = 0;
  for (let index = 0; index < bytes.length; index += 4)
    value ^= bytes.slice(index, index + 4).reduce((word, byte) => (word << 8) | byte, 0);
  return value >>> 0;
}

export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** A service's real servers in the kernel's order, with their present connections. */
export function liveDestinations(service: VirtualServiceSettings, listing: Listing): Destination[] {
  const listed = listing.get(listedAs(service));
  ensure(listed !== undefined, `the director has no service ${listedAs(service)}`);
  return listed.map(({ endpoint, numbers }) => {
    const known = service.destinations.find(
      ({ address, port }) => `${bracketed(address)}:${port}` === endpoint,
    );
    ensure(known !== undefined, `${listedAs(service)} has an unknown real server ${endpoint}`);
    const [weight = 0, active = 0, inactive = 0] = numbers;
    return { ...known, weight, active, inactive };
  });
}

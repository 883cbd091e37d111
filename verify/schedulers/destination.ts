/** What the kernel's schedulers have in common. */
import ipaddr from "ipaddr.js";

/** A real server as a scheduler sees it; the counters grow as connections are given to it. */
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

/** What of a connection's first packet a scheduler may look at. */
export interface Packet {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
}

/** Gives a connection to a destination, or to none; keeps what it has to remember in between. */
export type Schedule = (destinations: readonly Destination[], packet: Packet) => Destination | undefined;

/** ip_vs_bind_dest(): a server is full by all its connections, also those that are ending. */
const isFull = ({ upperThreshold, active, inactive }: Destination): boolean =>
  upperThreshold > 0 && active + inactive >= upperThreshold;

export const isAvailable = (destination: Destination): boolean =>
  destination.weight > 0 && !isFull(destination);

/** An address as one number of 32 bits; the four words of IPv6 are folded by exclusive or. */
export function folded(address: string): number {
  const bytes = ipaddr.parse(address).toByteArray();
  let value = 0;
  for (let index = 0; index < bytes.length; index += 4)
    value ^= bytes.slice(index, index + 4).reduce((word, byte) => (word << 8) | byte, 0);
  return value >>> 0;
}

export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

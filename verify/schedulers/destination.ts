/** Types and functions that the schedulers share. */
import ipaddr from "ipaddr.js";

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

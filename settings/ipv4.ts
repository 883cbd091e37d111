/** IPv4 arithmetic on addresses and networks as text. */
import ipaddr from "ipaddr.js";

export const isIpv4 = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text);

/** Returns an IPv4 address as a number of 32 bits. @throws when `address` is not one */
export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** Returns the IPv4 address of a number of 32 bits. */
export function fromNumber(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A network in CIDR form, such as 172.16.0.0/24. */
export class Cidr {
  readonly base: number;
  readonly prefix: number;

  /** @throws when `text` is not a CIDR, or has host bits set */
  constructor(readonly text: string) {
    if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) throw new Error("is no network");
    const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
    this.prefix = prefix;
    this.base = toNumber(address.toString());
    if (this.base % this.size !== 0)
      throw new Error(
        `has host bits set; write ${fromNumber(this.base - (this.base % this.size))}/${prefix}`,
      );
  }

  get size(): number {
    return 2 ** (32 - this.prefix);
  }

  get netmask(): string {
    return fromNumber(2 ** 32 - this.size);
  }

  /** Returns the address `offset` above the network address. */
  host(offset: number): string {
    return fromNumber(this.base + offset);
  }

  get firstHost(): string {
    return this.host(1);
  }

  get lastHost(): string {
    return this.host(this.size - 2);
  }

  /** Whether `address` may be given to a host: it is in the network, and neither its network nor its broadcast address. */
  hasHost(address: string): boolean {
    const offset = this.offsetOf(address);
    return offset > 0 && offset < this.size - 1;
  }

  /** How far `address` is above the network address. Negative, or at least the network's size, for an address outside. */
  offsetOf(address: string): number {
    return toNumber(address) - this.base;
  }

  contains(address: string): boolean {
    const offset = this.offsetOf(address);
    return offset >= 0 && offset < this.size;
  }

  overlaps(other: Cidr): boolean {
    return this.base < other.base + other.size && other.base < this.base + this.size;
  }
}

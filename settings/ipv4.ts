/** IPv4 arithmetic on the text forms that settings use. */
import ipaddr from "ipaddr.js";

export const isIpv4 = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text);

export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function fromNumber(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A network in CIDR form, such as 172.16.0.0/24. */
export class Cidr {
  readonly base: number;
  readonly prefix: number;

  /** @throws when `text` is no CIDR, or has host bits set */
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

  /** The address `offset` above the network's own. */
  host(offset: number): string {
    return fromNumber(this.base + offset);
  }

  get firstHost(): string {
    return this.host(1);
  }

  get lastHost(): string {
    return this.host(this.size - 2);
  }

  /** Whether `address` may be given to a host: inside, and neither the network's nor the broadcast address. */
  hasHost(address: string): boolean {
    const offset = this.offsetOf(address);
    return offset > 0 && offset < this.size - 1;
  }

  /** How far `address` is above the network's own; negative, or too large, outside. */
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

/** IPv6 arithmetic on addresses and networks as text. */
import ipaddr from "ipaddr.js";

export const isIpv6 = (text: string): boolean => ipaddr.IPv6.isValid(text);

/** Returns the address in the spelling of the kernel's tools (RFC 5952). */
export const canonical6 = (text: string): string => ipaddr.IPv6.parse(text).toRFC5952String();

const toBigInt = (address: string): bigint =>
  ipaddr.IPv6.parse(address).parts.reduce((sum, part) => (sum << 16n) + BigInt(part), 0n);

function fromBigInt(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** A network in CIDR form, such as fd00:16::/64. */
export class Cidr6 {
  readonly base: bigint;
  readonly prefix: number;

  /** @throws when `text` is not a CIDR, or has host bits set */
  constructor(readonly text: string) {
    if (!ipaddr.IPv6.isValidCIDR(text)) throw new Error("is no network");
    const [address, prefix] = ipaddr.IPv6.parseCIDR(text);
    this.prefix = prefix;
    this.base = toBigInt(address.toString());
    const network = (this.base >> this.hostBits) << this.hostBits;
    if (network !== this.base) throw new Error(`has host bits set; write ${fromBigInt(network)}/${prefix}`);
  }

  private get hostBits(): bigint {
    return BigInt(128 - this.prefix);
  }

  /** Returns the address `offset` above the network address. */
  host(offset: number): string {
    return fromBigInt(this.base + BigInt(offset));
  }

  hasHost(address: string): boolean {
    const value = toBigInt(address);
    return value >> this.hostBits === this.base >> this.hostBits && value !== this.base;
  }

  overlaps(other: Cidr6): boolean {
    const shared = this.prefix < other.prefix ? this : other;
    return this.base >> shared.hostBits === other.base >> shared.hostBits;
  }
}

/** Maglev hashing as the kernel does it (net/netfilter/ipvs/ip_vs_mh.c, CONFIG_IP_VS_MH_TAB_INDEX=12). */
import type { SchedulerFlag } from "../../settings/schedulers";
import { type Destination, type Schedule, folded, gcd, isAvailable } from "./destination";

const tableSize = 4093;
const tableBits = 6;
const keys = [2654435761n, 2654446892n] as const;

const mask = (1n << 64n) - 1n;
const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;

/** hsiphash() of one 32-bit word on a 64-bit kernel: SipHash-1-3, folded to 32 bits (lib/siphash.c). */
export function hsiphash(word: number, key: readonly [bigint, bigint]): number {
  let v0 = 0x736f6d6570736575n ^ key[0];
  let v1 = 0x646f72616e646f6dn ^ key[1];
  let v2 = 0x6c7967656e657261n ^ key[0];
  let v3 = 0x7465646279746573n ^ key[1];
  const round = () => {
    v0 = (v0 + v1) & mask;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const last = (4n << 56n) | BigInt(word >>> 0);
  v3 ^= last;
  round();
  v0 ^= last;
  v2 ^= 0xffn;
  for (let step = 0; step < 3; step += 1) round();
  return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffffffffn);
}

const hash = (value: number, key: bigint): number => hsiphash(value >>> 0, [key, key]);

/** ip_vs_mh_permutate() and ip_vs_mh_populate(): each server in turn takes the next free entry of its own permutation. */
export function lookupTable(destinations: readonly Destination[]): readonly Destination[] {
  const weights = destinations.map(({ weight }) => weight).filter((weight) => weight > 0);
  if (weights.length === 0) return [];
  const divisor = weights.reduce(gcd);
  const bits = Math.floor(Math.max(...weights) / divisor).toString(2).length;
  const shift = Math.max(0, bits - tableBits);
  const setups = destinations
    .filter(({ weight }) => weight > 0)
    .map((destination) => {
      const value = folded(destination.address) + destination.port;
      return {
        destination,
        place: hash(value, keys[0]) % tableSize,
        skip: (hash(value, keys[1]) % (tableSize - 1)) + 1,
        turns: Math.max(1, Math.floor(destination.weight / divisor) >> shift),
      };
    });
  const table = new Array<Destination | undefined>(tableSize);
  for (let filled = 0; filled < tableSize;) {
    for (const setup of setups) {
      for (let turn = 0; turn < setup.turns && filled < tableSize; turn += 1, filled += 1) {
        while (table[setup.place]) setup.place = (setup.place + setup.skip) % tableSize;
        table[setup.place] = setup.destination;
      }
    }
  }
  return table as Destination[];
}

export function maglev(flags: readonly SchedulerFlag[]): Schedule {
  let table: readonly Destination[] | undefined;
  return (destinations, { source, sourcePort }) => {
    table ??= lookupTable(destinations);
    const value = folded(source) + (flags.includes("mh-port") ? sourcePort : 0);
    const place = (offset: number) => hash(value + offset, keys[0]) % tableSize;
    const first = place(0);
    const tries = flags.includes("mh-fallback") ? tableSize : 0;
    for (let step = -1; step < tries; step += 1) {
      const name = table[step < 0 ? first : place((step + first) % tableSize)]?.name;
      const chosen = destinations.find((destination) => destination.name === name);
      if (chosen && isAvailable(chosen)) return chosen;
    }
    return undefined;
  };
}

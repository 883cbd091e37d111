/**
 * The kernel's IPVS schedulers as pure functions (net/netfilter/ipvs/ip_vs_*.c), to compare a director's distribution with the
 * kernel's arithmetic. Destinations are in the kernel's order, the last added first; ties are decided by it.
 */
import { type Scheduler, type SchedulerFlag, traitsOf } from "../../settings/schedulers";
import { type Destination, type Packet, type Schedule, folded, gcd, isAvailable } from "./destination";
import { maglev } from "./maglev";

/** ip_vs_dest_conn_overhead() */
const overhead = ({ active, inactive }: Destination): number => active * 256 + inactive;
/** ip_vs_sed_dest_overhead(): includes the new connection. */
const expectedDelay = ({ active }: Destination): number => active + 1;
const weightOf = ({ weight }: Destination): number => weight;

/** The destination with the smallest load per weight. The first one of equals. */
function least(
  candidates: readonly Destination[],
  load: (destination: Destination) => number,
  weight: (destination: Destination) => number = weightOf,
): Destination | undefined {
  return candidates.reduce<Destination | undefined>(
    (best, next) => (best && load(best) * weight(next) <= load(next) * weight(best) ? best : next),
    undefined,
  );
}

const heaviest = (candidates: readonly Destination[]): Destination | undefined =>
  candidates.reduce<Destination | undefined>(
    (best, next) => (best && best.weight >= next.weight ? best : next),
    undefined,
  );

function roundRobin(): Schedule {
  let last = -1;
  return (destinations) => {
    const ring = [...destinations.slice(last + 1), ...destinations.slice(0, last + 1)];
    const next = ring.find(isAvailable);
    if (next) last = destinations.indexOf(next);
    return next;
  };
}

/** Weighted round robin: passes over the list with a required weight that falls from the highest by the greatest common divisor. */
function weightedRoundRobin(): Schedule {
  let last = -1;
  let required = 0;
  return (destinations) => {
    if (!destinations.some(isAvailable)) return undefined;
    const weights = destinations.map(weightOf).filter((weight) => weight > 0);
    const step = weights.reduce(gcd);
    const highest = Math.max(...weights) - (step - 1);
    if (required <= 0) required = highest;
    for (;;) {
      const next = destinations.findIndex(
        (candidate, index) => index > last && isAvailable(candidate) && candidate.weight >= required,
      );
      last = next;
      if (next >= 0) return destinations[next];
      required = required - step <= 0 ? highest : required - step;
    }
  };
}

const weightedLeastConnection: Schedule = (destinations) => least(destinations.filter(isAvailable), overhead);

const neverQueue: Schedule = (destinations) => {
  const available = destinations.filter(isAvailable);
  return available.find(({ active }) => active === 0) ?? least(available, expectedDelay);
};

/** Overflow: a server takes one connection more than its weight before the next one gets any. */
const overflow: Schedule = (destinations) =>
  heaviest(destinations.filter(isAvailable).filter(({ active, weight }) => active <= weight));

/** lblc, and lblcr while no set grows: a destination address keeps its server until that is overloaded. */
function localityBased(): Schedule {
  const cache = new Map<string, string>();
  return (destinations, packet) => {
    const known = destinations.find(({ name }) => name === cache.get(packet.destination));
    const idle = destinations.some(({ active, weight }) => active * 2 < weight);
    if (known && known.weight > 0 && !(known.active > known.weight && idle)) return known;
    const chosen = weightedLeastConnection(destinations, packet);
    if (chosen) cache.set(packet.destination, chosen.name);
    return chosen;
  };
}

const buckets = 256;

/** hash_32() of include/linux/hash.h, reduced to eight bits. */
const hash = (value: number): number => Math.imul(value, 0x61c88647) >>> 24;

/** ip_vs_dh_reassign(): servers get buckets in turn, independent of their weights. */
const destinationHash: Schedule = (destinations, { destination }) => {
  const chosen = destinations[hash(folded(destination)) % destinations.length];
  return chosen && isAvailable(chosen) ? chosen : undefined;
};

/** ip_vs_sh_reassign(): each server in turn gets a number of buckets equal to its weight. */
function sourceHash(flags: readonly SchedulerFlag[]): Schedule {
  return (destinations, { source, sourcePort }) => {
    const turn = destinations.flatMap((one) => Array.from({ length: Math.max(1, one.weight) }, () => one));
    const key = hash((folded(source) + (flags.includes("sh-port") ? sourcePort : 0)) >>> 0);
    const chosen = (offset: number) => turn[((offset + key) % buckets) % turn.length];
    const tries = flags.includes("sh-fallback") ? buckets : 0;
    const offsets = [0, ...Array.from({ length: tries }, (_, offset) => (offset + key) % buckets)];
    return offsets.map(chosen).find((one) => one !== undefined && isAvailable(one));
  };
}

/** ip_vs_twos_schedule(): draws two servers by weight, which may be the same one, and takes the one with less load per weight. */
const powerOfTwo: Schedule = (destinations) => {
  const available = destinations.filter(isAvailable);
  const total = available.reduce((sum, { weight }) => sum + weight, 0);
  const draw = () => {
    let rest = Math.floor(Math.random() * total);
    return available.find(({ weight }) => (rest -= weight) <= 0);
  };
  const [one, other] = [draw(), draw()];
  return one && other && least([one, other], overhead);
};

/** A scheduler in its initial state. */
export function scheduleOf(scheduler: Scheduler, flags: readonly SchedulerFlag[] = []): Schedule {
  const fresh: Record<Scheduler, () => Schedule> = {
    rr: roundRobin,
    wrr: weightedRoundRobin,
    lc: () => (destinations) => least(destinations.filter(isAvailable), overhead, () => 1),
    wlc: () => weightedLeastConnection,
    sed: () => (destinations) => least(destinations.filter(isAvailable), expectedDelay),
    nq: () => neverQueue,
    fo: () => (destinations) => heaviest(destinations.filter(isAvailable)),
    ovf: () => overflow,
    lblc: localityBased,
    lblcr: localityBased,
    dh: () => destinationHash,
    sh: () => sourceHash(flags),
    mh: () => maglev(flags),
    twos: () => powerOfTwo,
  };
  return fresh[scheduler]();
}

/**
 * The destination of each packet by name, or `nobody` when it is refused. An open connection counts as active over TCP and SCTP, and
 * never over UDP. One-packet scheduling leaves no connection.
 */
export function simulate(
  schedule: Schedule,
  destinations: readonly Destination[],
  packets: readonly Packet[],
  counted: "active" | "inactive" | "none",
): string[] {
  const own = destinations.map((destination) => ({ ...destination }));
  return packets.map((packet) => {
    const chosen = schedule(own, packet);
    if (chosen && counted !== "none") chosen[counted] += 1;
    return chosen?.name ?? "nobody";
  });
}

/** How many of the connections went to that real server. */
export const countOf = (servers: readonly string[], name: string): number =>
  servers.filter((server) => server === name).length;

/** The fewest and the most connections of a real server. */
export type Bounds = readonly [fewest: number, most: number];

/** So many trials, and one connection more on both sides: a right scheduler is outside less than once in a hundred thousand times. */
const trials = 5000;

/** The bounds of each destination by name, for a scheduler that draws lots. */
export function boundsOf(draw: () => readonly string[], names: readonly string[]): Record<string, Bounds> {
  const drawn = Array.from({ length: trials }, draw);
  return Object.fromEntries(
    names.map((name) => {
      const counts = drawn.map((servers) => countOf(servers, name));
      const total = Math.max(...drawn.map(({ length }) => length));
      return [name, [Math.max(0, Math.min(...counts) - 1), Math.min(total, Math.max(...counts) + 1)]];
    }),
  );
}

/** The number of connections in a cycle, after which the shares match the weights. One per real server for a scheduler without weights. */
export function cycleOf(scheduler: Scheduler, weights: readonly number[]): number {
  const active = weights.filter((weight) => weight > 0);
  if (active.length === 0) return 1;
  const sum = active.reduce((total, weight) => total + weight, 0) / active.reduce(gcd);
  return traitsOf(scheduler).usesWeights ? sum : active.length;
}

/**
 * The kernel's IPVS schedulers as pure functions (net/netfilter/ipvs/ip_vs_*.c), so that what a director did can be held
 * against their own arithmetic. Destinations stand in the kernel's order, the one added last first: ties go by it.
 */
import { type Scheduler, type SchedulerFlag, traitsOf } from "../../settings/schedulers";
import { type Destination, type Packet, type Schedule, folded, gcd, isAvailable } from "./destination";
import { maglev } from "./maglev";

/** ip_vs_dest_conn_overhead() */
const overhead = ({ active, inactive }: Destination): number => active * 256 + inactive;
/** ip_vs_sed_dest_overhead(): with the connection that is to come. */
const expectedDelay = ({ active }: Destination): number => active + 1;
const weightOf = ({ weight }: Destination): number => weight;

/** The one of the smallest load for its weight; the first of equals. */
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

/** Passes over the list with a required weight that falls from the highest by the greatest common divisor. */
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

/** A server takes one connection more than its weight before the next one gets any. */
const overflow: Schedule = (destinations) =>
  heaviest(destinations.filter(isAvailable).filter(({ active, weight }) => active <= weight));

/** lblc, and lblcr as long as no set grows: a destination address stays until its server is overloaded. */
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

/** hash_32() of include/linux/hash.h, to eight bits. */
const hash = (value: number): number => Math.imul(value, 0x61c88647) >>> 24;

/** ip_vs_dh_reassign(): the buckets go round the servers, whatever their weights. */
const destinationHash: Schedule = (destinations, { destination }) => {
  const chosen = destinations[hash(folded(destination)) % destinations.length];
  return chosen && isAvailable(chosen) ? chosen : undefined;
};

/** ip_vs_sh_reassign(): each server in turn gets as many buckets as its weight. */
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

/** A scheduler that has not scheduled yet; undefined for twos, which draws lots. */
export function scheduleOf(scheduler: Scheduler, flags: readonly SchedulerFlag[] = []): Schedule | undefined {
  const fresh: Record<Scheduler, () => Schedule | undefined> = {
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
    twos: () => undefined,
  };
  return fresh[scheduler]();
}

/**
 * Whom each packet goes to, by name, `nobody` where it is refused. A connection over TCP or SCTP that is held counts as
 * active; one over UDP never does, and one-packet scheduling leaves nothing behind.
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

/** Connections after which a scheduler's shares are those of the weights; one for each real server where it does not use weights. */
export function cycleOf(scheduler: Scheduler, weights: readonly number[]): number {
  const active = weights.filter((weight) => weight > 0);
  if (active.length === 0) return 1;
  const sum = active.reduce((total, weight) => total + weight, 0) / active.reduce(gcd);
  return traitsOf(scheduler).usesWeights ? sum : active.length;
}

/** A claim about a running site, and its proof. */
import { withoutRepairs } from "../running/reconcile";
import type { RunningSite } from "../running/runningSite";

export interface Claim {
  readonly id: string;
  readonly text: string;
  /** Seconds that the proof itself waits. They are added to the time limit of 300 s. */
  readonly waitsSeconds?: number;
  /** Adjacent claims in the list with the same group do not disturb each other. They are proven at the same time. */
  readonly group?: string;
  /** Machines from which the proof takes something away: they repair nothing meanwhile. */
  readonly breaks?: readonly string[];
  /** Resolves with the evidence. @throws when the claim does not hold, with what was seen instead */
  readonly prove: (running: RunningSite) => Promise<string>;
}

export interface Verdict {
  readonly id: string;
  readonly claim: string;
  readonly ok: boolean;
  /** What was observed; for a claim that does not hold, the message of the error. */
  readonly evidence: string;
  /** Duration of the proof, to a tenth of a second. */
  readonly seconds: number;
}

/** Time limit of a claim in seconds. It is enough for any busy, emulated machine that still answers. */
const patienceSeconds = 300;

/**
 * Resolves with the verdict on one claim; a proof that throws or takes too long gives a negative one. The time limit is
 * `patience` seconds plus the claim's own `waitsSeconds`.
 */
export async function proveClaim(
  claim: Claim,
  running: RunningSite,
  patience = patienceSeconds,
): Promise<Verdict> {
  const started = Date.now();
  const seconds = patience + (claim.waitsSeconds ?? 0);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not proven within ${seconds} s`)), seconds * 1000);
  });
  const hold = { machines: claim.breaks ?? [], by: claim.id, minutes: Math.ceil(seconds / 60) + 1 };
  const proof = withoutRepairs(running, hold, () => claim.prove(running));
  const verdict = (ok: boolean, evidence: string): Verdict => ({
    id: claim.id,
    claim: claim.text,
    ok,
    evidence,
    seconds: Math.round((Date.now() - started) / 100) / 10,
  });
  try {
    return verdict(true, await Promise.race([proof, deadline]));
  } catch (error) {
    return verdict(false, (error as Error).message);
  } finally {
    clearTimeout(timer);
  }
}

/** Splits the claims, in order, into groups that are proven at the same time. */
function groupsOf(claims: readonly Claim[]): Claim[][] {
  const groups: Claim[][] = [];
  for (const claim of claims) {
    const last = groups.at(-1);
    if (last && claim.group !== undefined && last[0]?.group === claim.group) last.push(claim);
    else groups.push([claim]);
  }
  return groups;
}

/** Judges all claims, and calls `report` with each verdict in the order of the list. Resolves with all verdicts. */
export async function proveClaims(
  claims: readonly Claim[],
  running: RunningSite,
  report: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const group of groupsOf(claims)) {
    for (const judged of group.map((claim) => proveClaim(claim, running))) {
      const verdict = await judged;
      verdicts.push(verdict);
      report(verdict);
    }
  }
  return verdicts;
}

const found = new WeakMap<RunningSite, Map<string, Promise<unknown>>>();

/** A value that several claims need, fetched once per running site. After a failure the next claim fetches it anew. */
export function cached<T>(running: RunningSite, key: string, get: () => Promise<T>): Promise<T> {
  const known = found.get(running) ?? new Map<string, Promise<unknown>>();
  found.set(running, known);
  const there = known.get(key) as Promise<T> | undefined;
  if (there) return there;
  const value = get();
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}

/** @throws Error with the text `seen` when `so` is false */
export function ensure(so: boolean, seen: string): asserts so {
  if (!so) throw new Error(seen);
}

/**
 * Milliseconds to wait before the next attempt: as long as the last one took, 0.5 to 10 s. A busy site that is polled without a pause
 * has no time to recover.
 */
export const restAfter = (askedAt: number): number => Math.min(Math.max(500, Date.now() - askedAt), 10_000);

/** Repeats `attempt` until it succeeds, and resolves with its result. @throws the last error after `seconds` */
export async function eventually<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const askedAt = Date.now();
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, restAfter(askedAt)));
    }
  }
}

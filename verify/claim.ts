/** One claim about a running site, and how it is proven. */
import type { RunningSite } from "../running/runningSite";

export interface Claim {
  readonly id: string;
  readonly text: string;
  /** What its proof waits for, beside the time that every machine has for its answers. */
  readonly waitsSeconds?: number;
  /** Neighbours that say the same are proven at the same time: they do not disturb each other. */
  readonly together?: string;
  /** Gives the evidence. @throws when the claim does not hold, saying what was seen instead */
  readonly prove: (running: RunningSite) => Promise<string>;
}

export interface Verdict {
  readonly id: string;
  readonly claim: string;
  readonly ok: boolean;
  readonly evidence: string;
  readonly seconds: number;
}

/** A claim that is not proven in this time does not hold: enough for every busy, emulated machine that answers at all. */
const patienceSeconds = 300;

export async function judge(
  check: Claim,
  running: RunningSite,
  patience = patienceSeconds,
): Promise<Verdict> {
  const started = Date.now();
  const seconds = patience + (check.waitsSeconds ?? 0);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not proven within ${seconds} s`)), seconds * 1000);
  });
  const verdict = (ok: boolean, evidence: string): Verdict => ({
    id: check.id,
    claim: check.text,
    ok,
    evidence,
    seconds: Math.round((Date.now() - started) / 100) / 10,
  });
  try {
    return verdict(true, await Promise.race([check.prove(running), deadline]));
  } catch (error) {
    return verdict(false, (error as Error).message);
  } finally {
    clearTimeout(timer);
  }
}

/** Judges all of them in order; `told` hears each verdict, in that order too. */
export async function judgeAll(
  checks: readonly Claim[],
  running: RunningSite,
  told: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  while (verdicts.length < checks.length) {
    const [first, ...rest] = checks.slice(verdicts.length);
    const others = rest.findIndex(({ together }) => together === undefined || together !== first!.together);
    const group = [first!, ...rest.slice(0, others < 0 ? rest.length : others)];
    for (const verdict of group.map((check) => judge(check, running))) {
      verdicts.push(await verdict);
      told(verdicts.at(-1)!);
    }
  }
  return verdicts;
}

const found = new WeakMap<RunningSite, Map<string, Promise<unknown>>>();

/** What several checks look at, got once a run. */
export function cached<T>(running: RunningSite, key: string, get: () => Promise<T>): Promise<T> {
  const known = found.get(running) ?? new Map<string, Promise<unknown>>();
  found.set(running, known);
  if (!known.has(key)) known.set(key, get());
  return known.get(key) as Promise<T>;
}

/** @throws with `seen` when it is not so */
export function ensure(so: boolean, seen: string): asserts so {
  if (!so) throw new Error(seen);
}

/**
 * Milliseconds until something is asked again that was asked at `askedAt`: as long as the answer took, within bounds. A busy
 * site that is asked all the time does nothing else, and never gets well.
 */
export const restAfter = (askedAt: number): number => Math.min(Math.max(500, Date.now() - askedAt), 10_000);

/** Asks again until it is so. @throws at the deadline with what was seen last */
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

/** One fault at a time: some calm, the fault, its end, and what it takes until the site serves as before. */
import { setTimeout as pause } from "node:timers/promises";
import type { RunningSite } from "../running/runningSite";
import { eventually, restAfter } from "../verify/claim";
import type { Kept } from "./data";
import type { Fault } from "./fault";
import { Load } from "./load";
import { type Figures, type Observed, failed, figuresOf } from "./measure";

export interface Pace {
  /** Of calm before the fault. */
  readonly baselineSeconds: number;
  /** So long no request may fail before it counts as full service. */
  readonly quietSeconds: number;
  /** A fault that is not over after so long does not end by itself. */
  readonly recoverySeconds: number;
}

export const usualPace: Pace = { baselineSeconds: 4, quietSeconds: 5, recoverySeconds: 300 };

export interface RunSettings {
  readonly ratePerSecond: number;
  /** What is not answered in this time has failed. */
  readonly timeoutMs: number;
  readonly pace: Pace;
  /** What keeps the site from full service; empty in it. */
  readonly wrong: () => Promise<readonly string[]>;
  /** Writes something that must survive; none for a site that keeps nothing. */
  readonly keep?: () => Promise<Kept>;
  /** Ends the run early; what was injected is undone all the same. */
  readonly signal: AbortSignal;
  /** Hears what is going on. */
  readonly told: (text: string) => void;
}

export interface Outcome {
  readonly fault: Fault;
  readonly machines: readonly string[];
  readonly observed: Observed;
  readonly figures: Figures;
  readonly bound: string;
  /** What was written before and found after; none for a site that keeps nothing. */
  readonly kept?: string;
  /** Why it fails; empty when the site did as it should. */
  readonly problems: readonly string[];
}

/** A load ends after so long, whatever happens. */
const longestSeconds = 900;

/**
 * Waits until the site is in full service, and stays so; gives the last time that anything was wrong.
 * @throws with what is wrong at the deadline
 */
async function fullService(load: Load, { pace, wrong, signal, told }: RunSettings): Promise<number> {
  const { quietSeconds, recoverySeconds } = pace;
  const deadline = Date.now() + recoverySeconds * 1000;
  let last = "";
  for (;;) {
    const askedAt = Date.now();
    const problems = await wrong().catch((error: Error) => [error.message]);
    if (problems.length === 0) break;
    const text = problems.join("; ");
    if (text !== last) told(text);
    last = text;
    if (Date.now() > deadline) throw new Error(`no full service within ${recoverySeconds} s: ${text}`);
    await pause(restAfter(askedAt), undefined, { signal });
  }
  const well = Date.now();
  for (;;) {
    const failures = failed(load.samples).map(({ ended }) => ended);
    const served = Math.max(well, ...failures);
    const left = served + quietSeconds * 1000 - Date.now();
    if (left <= 0) return served;
    if (served > deadline) throw new Error(`requests still fail ${recoverySeconds} s later`);
    await pause(left, undefined, { signal });
  }
}

type Times = { -readonly [Mark in "injecting" | "injected" | "undone" | "served"]?: number };

/** Lets the fault come, stay and go; notes when. What was injected is taken back, however this ends. */
async function inflict(
  running: RunningSite,
  fault: Fault,
  machines: readonly string[],
  signal: AbortSignal,
  times: Times,
) {
  try {
    times.injecting = Date.now();
    await fault.inject(running, machines);
    times.injected = Date.now();
    await pause(fault.holdSeconds * 1000, undefined, { signal });
  } finally {
    if (fault.undo) {
      // A machine that is slow to answer is asked again.
      await eventually(60, () => fault.undo!(running, machines).then(() => ""));
      times.undone = Date.now();
    }
  }
}

export async function strike(running: RunningSite, fault: Fault, settings: RunSettings): Promise<Outcome> {
  const { ratePerSecond, timeoutMs, pace, keep, signal, told } = settings;
  const machines = await fault.machines(running);
  const bound = fault.bound(running.site);
  const problems: string[] = [];
  const times: Times = {};
  let kept: Kept | undefined;
  const load = new Load(running, { ratePerSecond, timeoutMs, limit: ratePerSecond * longestSeconds });
  try {
    await pause(pace.baselineSeconds * 1000, undefined, { signal });
    kept = await keep?.().catch((error: Error) => {
      throw new Error(`nothing could be written before it: ${error.message}`);
    });
    told(`${fault.what} (${machines.join(", ")})`);
    await inflict(running, fault, machines, signal, times);
    told(fault.undo ? "taken back; waiting for full service" : "waiting for full service");
    times.served = await fullService(load, settings);
  } catch (error) {
    signal.throwIfAborted();
    problems.push((error as Error).message);
  } finally {
    await load.stop();
  }
  const ended = Date.now();
  const injecting = times.injecting ?? ended;
  const marks = { injected: injecting, ...times, injecting, started: load.started, ended };
  const observed = { samples: load.samples, marks };
  const early = failed(load.samples).filter((sample) => sample.ended < injecting).length;
  if (early > 0)
    problems.push(`${early} requests failed before it began: is the load too much for this host?`);
  const broken = bound.problem?.(observed);
  if (broken) problems.push(broken);
  const found = await kept?.check().catch((error: Error) => {
    problems.push(`lost: ${error.message}`);
    return undefined;
  });
  return {
    fault,
    machines,
    observed,
    figures: figuresOf(observed),
    bound: bound.text,
    ...(found !== undefined && { kept: found }),
    problems,
  };
}

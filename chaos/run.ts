/** Runs one fault under load: a calm baseline, the fault, its end, and the wait for full service. */
import { setTimeout as pause } from "node:timers/promises";
import { withoutRepairs } from "../running/reconcile";
import type { RunningSite } from "../running/runningSite";
import { eventually, restAfter } from "../verify/claim";
import type { Kept } from "./data";
import type { Fault } from "./fault";
import { Load } from "./load";
import { type Figures, type Observed, failed, figuresOf } from "./measure";

export interface Pace {
  /** Seconds of load before the fault. */
  readonly baselineSeconds: number;
  /** Seconds without a failed request that full service needs. */
  readonly quietSeconds: number;
  /** A site that is not in full service after this many seconds does not recover by itself. */
  readonly recoverySeconds: number;
}

export const defaultPace: Pace = { baselineSeconds: 4, quietSeconds: 5, recoverySeconds: 300 };

export interface RunSettings {
  readonly ratePerSecond: number;
  /** A request without an answer in this time has failed. */
  readonly timeoutMs: number;
  readonly pace: Pace;
  /** Resolves with what keeps the site from full service; empty when it is there. */
  readonly problemsOf: () => Promise<readonly string[]>;
  /** Writes data that must survive. Missing for a site without data. */
  readonly keep?: () => Promise<Kept>;
  /** Ends the run early. The fault is undone all the same. */
  readonly signal: AbortSignal;
  /** Is called with each step, for people. */
  readonly report: (text: string) => void;
}

export interface Outcome {
  readonly fault: Fault;
  readonly machines: readonly string[];
  readonly observed: Observed;
  readonly figures: Figures;
  readonly bound: string;
  /** The data that was written before the fault and found after it. Missing for a site without data. */
  readonly kept?: string;
  /** What the site did wrong. Empty when it kept its promises. */
  readonly problems: readonly string[];
}

/** A load ends after this many seconds in any case. */
const longestSeconds = 900;

/**
 * Waits until the site is in full service and stays there. Resolves with the last time that something was wrong.
 * @throws at the deadline with what is still wrong
 */
async function fullService(load: Load, { pace, problemsOf, signal, report }: RunSettings): Promise<number> {
  const { quietSeconds, recoverySeconds } = pace;
  const deadline = Date.now() + recoverySeconds * 1000;
  let last = "";
  for (;;) {
    const askedAt = Date.now();
    const problems = await problemsOf().catch((error: Error) => [error.message]);
    if (problems.length === 0) break;
    const text = problems.join("; ");
    if (text !== last) report(text);
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

/** Injects the fault, waits, and undoes it, in any case. Notes the times. */
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
    const { undo } = fault;
    if (undo) {
      // A busy machine may not answer at once.
      await eventually(60, () => undo(running, machines).then(() => ""));
      times.undone = Date.now();
    }
  }
}

/** Longer than a fault stays, and than its undo may take. */
const holdMinutes = ({ holdSeconds }: Fault): number => Math.ceil(holdSeconds / 60) + 5;

export async function runFault(running: RunningSite, fault: Fault, settings: RunSettings): Promise<Outcome> {
  const { ratePerSecond, timeoutMs, pace, keep, signal, report } = settings;
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
    report(`${fault.what} (${machines.join(", ")})`);
    const hold = { machines: fault.stays ? machines : [], by: fault.name, minutes: holdMinutes(fault) };
    await withoutRepairs(running, hold, () => inflict(running, fault, machines, signal, times));
    report(fault.undo ? "taken back; waiting for full service" : "waiting for full service");
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

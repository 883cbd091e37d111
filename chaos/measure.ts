/** Figures of a fault, computed from the samples of the load. */
import type { Sample } from "./load";
import { paired } from "../settings/lists";

/** The times of events, in milliseconds since 1970, as of Date.now(). */
export interface Marks {
  readonly started: number;
  /** Injecting the fault begins, and has ended. */
  readonly injecting: number;
  readonly injected: number;
  /** The fault was undone. Missing for a fault that heals by itself. */
  readonly undone?: number;
  /** The last time that something was wrong. Missing when something still is. */
  readonly served?: number;
  readonly ended: number;
}

/** All that was observed of one fault. */
export interface Observed {
  readonly samples: readonly Sample[];
  readonly marks: Marks;
}

/** How often each text occurs. */
export function counts(texts: readonly string[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return Object.fromEntries(found);
}

export const failed = (samples: readonly Sample[]): readonly Sample[] =>
  samples.filter(({ error }) => error !== undefined);

/** The longest time without a good answer while requests were due, in seconds. */
export function longestGapSeconds({ samples, marks }: Observed): number {
  const good = samples.filter(({ error }) => error === undefined).map(({ ended }) => ended);
  const times = good.toSorted((a, b) => a - b);
  const gaps = paired([marks.started, ...times], [...times, marks.ended]);
  return Math.max(...gaps.map(([from, to]) => to - from), 0) / 1000;
}

export interface Figures {
  readonly requests: number;
  readonly failed: number;
  /** Failed requests by error, and by path. */
  readonly errors: Readonly<Record<string, number>>;
  readonly paths: Readonly<Record<string, number>>;
  readonly longestGapSeconds: number;
  /** From the beginning of the fault to the last time that something was wrong. */
  readonly fullServiceSeconds?: number;
  /** The part of `fullServiceSeconds` after the fault was undone. */
  readonly afterUndoSeconds?: number;
  /** Good answers by real server. */
  readonly answered: Readonly<Record<string, number>>;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

export function figuresOf(observed: Observed): Figures {
  const { samples, marks } = observed;
  const bad = failed(samples);
  const { served, undone } = marks;
  return {
    requests: samples.length,
    failed: bad.length,
    errors: counts(bad.flatMap(({ error }) => error ?? [])),
    paths: counts(bad.map(({ path }) => path)),
    longestGapSeconds: seconds(longestGapSeconds(observed) * 1000),
    ...(served !== undefined && { fullServiceSeconds: seconds(served - marks.injecting) }),
    ...(served !== undefined &&
      undone !== undefined && { afterUndoSeconds: seconds(Math.max(0, served - undone)) }),
    answered: counts(samples.flatMap(({ error, server }) => (error === undefined && server ? [server] : []))),
  };
}

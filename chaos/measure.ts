/** What a load saw of a fault, in figures. */
import type { Sample } from "./load";

/** When what happened, in milliseconds as Date.now() has them. */
export interface Marks {
  readonly started: number;
  /** The fault begins, and is there. */
  readonly injecting: number;
  readonly injected: number;
  /** It was taken back; none for what heals by itself. */
  readonly undone?: number;
  /** The last time that anything was wrong; none if it still is. */
  readonly served?: number;
  readonly ended: number;
}

/** What was seen while one fault was there. */
export interface Observed {
  readonly samples: readonly Sample[];
  readonly marks: Marks;
}

/** How often each text is there. */
export function counts(texts: readonly string[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return Object.fromEntries(found);
}

export const failed = (samples: readonly Sample[]): readonly Sample[] =>
  samples.filter(({ error }) => error !== undefined);

/** The longest time without a good answer while requests were due. */
export function longestGapSeconds({ samples, marks }: Observed): number {
  const good = samples.filter(({ error }) => error === undefined).map(({ ended }) => ended);
  const times = [marks.started, ...good.toSorted((a, b) => a - b), marks.ended];
  return Math.max(...times.slice(1).map((time, index) => time - times[index]!), 0) / 1000;
}

export interface Figures {
  readonly requests: number;
  readonly failed: number;
  /** How they failed, and what they had asked for. */
  readonly errors: Readonly<Record<string, number>>;
  readonly paths: Readonly<Record<string, number>>;
  readonly longestGapSeconds: number;
  /** Between the beginning of the fault and the last time that anything was wrong. */
  readonly fullServiceSeconds?: number;
  /** The part of it after the fault was taken back. */
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
    errors: counts(bad.map(({ error }) => error!)),
    paths: counts(bad.map(({ path }) => path)),
    longestGapSeconds: seconds(longestGapSeconds(observed) * 1000),
    ...(served !== undefined && { fullServiceSeconds: seconds(served - marks.injecting) }),
    ...(served !== undefined &&
      undone !== undefined && { afterUndoSeconds: seconds(Math.max(0, served - undone)) }),
    answered: counts(samples.flatMap(({ error, server }) => (error === undefined && server ? [server] : []))),
  };
}

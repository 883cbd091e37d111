/** Requests as a load would have seen them; times in seconds after the fault's beginning. */
import type { Sample } from "../../../chaos/load";
import type { Marks, Observed } from "../../../chaos/measure";

const beginning = 1_000_000;

export const at = (seconds: number): number => beginning + seconds * 1000;

export const good = (ended: number, server = "rs1"): Sample => ({
  path: "/whoami",
  due: at(ended - 0.1),
  ended: at(ended),
  server,
});

export const bad = (due: number, error = "timeout", path = "/whoami"): Sample => ({
  path,
  due: at(due),
  ended: at(due + 5),
  error,
});

/** A good answer every second, from `from` to `to`. */
export const every = (from: number, to: number): Sample[] =>
  Array.from({ length: to - from + 1 }, (_, step) => good(from + step));

/** Four seconds before the fault, and thirty after it; undone after ten. */
export const observed = (samples: readonly Sample[], marks: Partial<Marks> = {}): Observed => ({
  samples,
  marks: {
    started: at(-4),
    injecting: at(0),
    injected: at(1),
    undone: at(10),
    served: at(12),
    ended: at(30),
    ...marks,
  },
});

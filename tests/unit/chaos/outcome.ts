/** What a run of one fault came to. */
import { noBound } from "../../../chaos/bounds";
import { figuresOf } from "../../../chaos/measure";
import type { Outcome } from "../../../chaos/run";
import { bad, every, observed } from "./samples";

export function nginxOutcome(changes: Partial<Outcome> = {}): Outcome {
  const seen = observed([...every(-3, 22), bad(1, "refused"), bad(3, "refused")], {
    ended: 1_000_000 + 22_500,
  });
  return {
    fault: {
      name: "nginx-stopped",
      what: "nginx is stopped",
      applies: () => true,
      machines: () => ["rs2"],
      inject: () => Promise.resolve(),
      holdSeconds: 10,
      bound: () => noBound("none: no health checks"),
    },
    machines: ["rs2"],
    observed: seen,
    figures: figuresOf(seen),
    bound: "none: no health checks",
    kept: "post and picture",
    problems: [],
    ...changes,
  };
}

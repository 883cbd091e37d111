/** Injects faults with `npm run chaos`. */
import type { TestStack } from "./stack";

/** The result of `npm run chaos` for one fault. */
export interface Survived {
  readonly fault: string;
  /** The content written before the fault and found after it. */
  readonly kept?: string;
  readonly problems: readonly string[];
  readonly requests: number;
  readonly failed: number;
  readonly longestGapSeconds: number;
  /** Undefined when the site did not recover. */
  readonly fullServiceSeconds?: number;
}

/** Returns the result of `fault`. Fails unless the site recovered. */
export function survival(outcomes: readonly Survived[], fault: string): Survived {
  const outcome = outcomes.find((one) => one.fault === fault);
  // The whole outcome is compared, so that a failure shows its problems.
  expect(outcome).toMatchObject({ fullServiceSeconds: expect.any(Number) });
  expect(outcome!.fullServiceSeconds).toBeGreaterThan(0);
  return outcome!;
}

/** Runs `npm run chaos` with `args` on a stack. Resolves with the result of each fault. */
export async function chaos(stack: TestStack, ...args: readonly string[]): Promise<readonly Survived[]> {
  const { output } = await stack.run("chaos", [...args, "--json"]);
  const json = output.slice(output.indexOf("{\n"));
  return (JSON.parse(json.slice(0, json.lastIndexOf("}") + 1)) as { faults: Survived[] }).faults;
}

/** Faults, by the command that a person types. */
import type { TestStack } from "./stack";

/** What `npm run chaos` tells of one fault. */
export interface Survived {
  readonly fault: string;
  /** What was written before and found after. */
  readonly kept?: string;
  readonly problems: readonly string[];
  readonly requests: number;
  readonly failed: number;
  readonly longestGapSeconds: number;
  /** None when the site did not come back. */
  readonly fullServiceSeconds?: number;
}

/** What is told of `fault`, which the site survived. */
export function survival(outcomes: readonly Survived[], fault: string): Survived {
  const outcome = outcomes.find((one) => one.fault === fault);
  // Shows its problems too when it did not.
  expect(outcome).toMatchObject({ fullServiceSeconds: expect.any(Number) });
  expect(outcome!.fullServiceSeconds).toBeGreaterThan(0);
  return outcome!;
}

export async function chaos(stack: TestStack, ...args: readonly string[]): Promise<readonly Survived[]> {
  const { output } = await stack.run("chaos", [...args, "--json"]);
  const json = output.slice(output.indexOf("{\n"));
  return (JSON.parse(json.slice(0, json.lastIndexOf("}") + 1)) as { faults: Survived[] }).faults;
}

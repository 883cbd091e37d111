/** Where the time of the lab tier goes: each command and each claim, in a file that `npm test` sums up at its end. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { table } from "./table";

/** A command that was typed, or a claim that was proven. */
interface Took {
  readonly stack: string;
  /** The command, or `claim`. */
  readonly what: string;
  readonly claim?: string;
  readonly seconds: number;
}

/** Adds to the file that the environment names; without one nothing is kept. */
export function took(entry: Took): void {
  const file = process.env.LVS_TEST_TIMES;
  if (file) appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** Tables of the seconds by stack and command, and of the claims that took longest. Empty without entries. */
export function timesTable(file: string): string {
  if (!existsSync(file)) return "";
  const entries = readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Took);
  const typed = entries.filter(({ claim }) => claim === undefined);
  const stacks = [...new Set(typed.map(({ stack }) => stack))];
  const commands = [...new Set(typed.map(({ what }) => what))];
  const sum = (some: readonly Took[]) => some.reduce((seconds, one) => seconds + one.seconds, 0).toFixed(0);
  const rows = stacks.map((stack) => {
    const own = typed.filter((one) => one.stack === stack);
    return [stack, ...commands.map((command) => sum(own.filter(({ what }) => what === command))), sum(own)];
  });
  const longest = entries
    .filter(({ claim }) => claim !== undefined)
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 15)
    .map(({ stack, claim, seconds }) => [stack, claim ?? "", seconds.toFixed(1)]);
  return `Seconds by stack and command; several run at the same time:
${table(["stack", ...commands, "sum"], rows)}

The claims that took longest, in seconds:
${table(["stack", "claim", "seconds"], longest)}`;
}

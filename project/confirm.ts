/** Asks a yes-or-no question on standard error, as standard output may be a file. Resolves with true for y or yes only. */
import { createInterface } from "node:readline/promises";

export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // End of input and Ctrl-C count as no.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

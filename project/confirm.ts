/** Asks a yes-or-no question on standard error, as standard output may be a file. Resolves with true for y or yes only. */
import { createInterface } from "node:readline/promises";

export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await answerTo(`${question} [y/N] `));
}

/** Resolves with one line from standard input, without white space around it. Empty at the end of input. */
export async function answerTo(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // End of input and Ctrl-C count as no.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const answer = await Promise.race([terminal.question(question), closed]);
  terminal.close();
  return answer.trim();
}

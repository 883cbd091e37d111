/** What every command shares: exit codes, errors, colour, and a reader of its output that goes away. */
import { SettingsError, didYouMean } from "../settings/problems";
import { UsageError, UserError } from "./userError";

/** What the exit codes of `lvs` mean. */
export const exitCodes = {
  0: "done; every claim holds, every machine is well",
  1: "failed, or something does not hold; the message says what",
  2: "the command line is wrong, or names something that does not exist; nothing was done",
  130: "interrupted by Ctrl-C, or the reader of the output went away",
} as const;

/** Resolves with the exit code of `main`. Prints the message of a user's error, and the stack trace of any other one. */
export async function exitCodeOf(main: () => Promise<number> | Promise<void>): Promise<number> {
  try {
    return (await main()) ?? 0;
  } catch (error) {
    const isPlain = error instanceof UserError || error instanceof SettingsError;
    console.error(isPlain ? error.message : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Calls `act` once when the reader of standard output or error goes away. What is written after that is lost, quietly. */
export function whenReaderGoes(act: () => void): void {
  let isGone = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!isGone && error.code !== "EPIPE") throw error;
      if (isGone) return;
      isGone = true;
      act();
    });
}

/**
 * Ends the process quietly when the reader of its output goes away, as in `lvs status | head -1`. This is done as by Ctrl-C: a
 * command that has to undo or finish something first does so.
 */
export const endWithReader = (): void =>
  whenReaderGoes(() => {
    if (!process.emit("SIGINT", "SIGINT")) process.exit(130);
  });

/** Returns `word` when it is known. @throws UsageError that names what is known and what may be meant */
export function oneOfKnown(word: string, what: string, known: readonly string[]): string {
  if (known.includes(word)) return word;
  throw new UsageError(
    `there is no ${what} ${word}${didYouMean(word, known)}; known: ${known.join(", ") || "none"}`,
  );
}

const isColoured = (): boolean => {
  const { FORCE_COLOR } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0";
  return process.stdout.isTTY && process.stdout.hasColors();
};

const codes = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

/** Colours text where a terminal shows it. NO_COLOR and FORCE_COLOR are honoured. */
export const coloured = (colour: keyof typeof codes, text: string): string =>
  isColoured() ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;

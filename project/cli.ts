/** What every command shares: how it starts, how it ends, and its command line. */
import { SettingsError } from "../settings/problems";
import { UserError } from "./userError";

/** Runs a tool's `main`, whose number is the exit code; a user's error is its message, anything else a stack trace. */
export function runTool(main: () => Promise<unknown>): void {
  main().then(
    (code) => process.exit(typeof code === "number" ? code : 0),
    (error: unknown) => {
      const isPlain = error instanceof UserError || error instanceof SettingsError;
      console.error(isPlain ? error.message : error);
      process.exit(1);
    },
  );
}

/** The command line, taken apart: flags, and words. What follows `commandAfter` words is a command, its flags its own. */
export function parseArgs(
  known: readonly string[],
  commandAfter = Infinity,
): { words: string[]; flags: Set<string> } {
  const words: string[] = [];
  const flags = new Set<string>();
  for (const arg of process.argv.slice(2)) {
    if (!arg.startsWith("-") || words.length >= commandAfter) words.push(arg);
    else if (known.includes(arg)) flags.add(arg);
    else if (arg !== "--") throw new UserError(`unknown option ${arg}; known: ${known.join(", ") || "none"}`);
  }
  return { words, flags };
}

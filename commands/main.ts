/** The entry of `lvs`: finds the command, runs it, and ends with its exit code. */
import { CommanderError } from "commander";
import { endWithReader, exitCodeOf } from "../project/cli";
import { programOf, usageExitCode } from "./program";
import { commands } from "./registry";

endWithReader();
let exitCode = 0;
const program = programOf(commands, async (command, input) => {
  exitCode = await exitCodeOf(() => command.run(input, commands));
});
// npm passes the "--" of `npm run up -- dev` on only where it is typed twice; a first one means nothing.
const words = process.argv.slice(2).filter((word, index) => word !== "--" || index > 1);

program.parseAsync(words.length > 0 ? words : ["--help"], { from: "user" }).then(
  () => process.exit(exitCode),
  (error: unknown) => {
    if (error instanceof CommanderError) process.exit(usageExitCode(error));
    throw error;
  },
);

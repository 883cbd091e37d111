/** The offline engine, as commands see it. */
import { join } from "node:path";
import { projectRoot } from "../project/paths";
import { type Engine, outputsFrom, runBeside } from "./engine";
import { passphrase } from "./environment";
import { Journal, journalFile } from "./offline/journal";

export function rehearsal(why: string): Engine {
  const run = (verb: string) => (stack: string) =>
    runBeside([
      process.execPath,
      ...process.execArgv,
      join(projectRoot, "engines/offline/main.ts"),
      verb,
      stack,
    ]);
  return {
    description: `a rehearsal, for ${why}: the same graph without plan, lock or refresh (https://www.pulumi.com/docs/install gives the engine)`,
    up: run("up"),
    down: run("down"),
    preview: () => console.log("a rehearsal has no preview; the settings above are what changes"),
    outputs: (stack) => outputsFrom(stack, new Journal(journalFile(stack), passphrase()).outputs),
  };
}

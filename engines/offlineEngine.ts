/** The offline engine, in the form that commands use. */
import { join } from "node:path";
import { projectRoot } from "../project/paths";
import { type Engine, outputsFrom, runBeside } from "./engine";
import { passphrase } from "./environment";
import { Journal, journalFile } from "./offline/journal";

/** `why` completes the sentence "the offline engine, because ..." in the description. */
export function offlineEngine(why: string): Engine {
  const run = (verb: string) => (stack: string) =>
    runBeside([
      process.execPath,
      ...process.execArgv,
      join(projectRoot, "engines/offline/main.ts"),
      verb,
      stack,
    ]);
  return {
    description: `the offline engine, because ${why}: real machines, without preview, locking and drift detection (Pulumi: https://www.pulumi.com/docs/install)`,
    up: run("up"),
    down: run("down"),
    preview: () => console.log("the offline engine has no preview; the settings above are what changes"),
    outputs: (stack) => outputsFrom(stack, new Journal(journalFile(stack), passphrase()).outputs),
  };
}

/** The offline engine, in the form that commands use. */
import { type Engine, outputsFrom, planBeside, runBeside } from "./engine";
import { passphrase } from "./environment";
import { forgetMachine } from "./offline/forget";
import { Journal, journalFile } from "./offline/journal";

/** `why` completes the sentence "the offline engine, because ..." in the description. */
export function offlineEngine(why: string): Engine {
  const main = "engines/offline/main.ts";
  return {
    description: `the offline engine, because ${why}: real machines, without locking and drift detection (Pulumi: https://www.pulumi.com/docs/install)`,
    up: (stack) => runBeside(main, "up", stack),
    down: (stack) => runBeside(main, "down", stack),
    forget(stack, machines) {
      const journal = new Journal(journalFile(stack), passphrase());
      for (const machine of machines) forgetMachine(journal, machine);
    },
    plan: (stack) => planBeside(main, "plan", stack),
    outputs: (stack) => outputsFrom(stack, new Journal(journalFile(stack), passphrase()).outputs),
  };
}

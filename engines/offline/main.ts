/** usage: main.ts up|down|plan STACK. Runs beside the machines. engines/offlineEngine.ts starts it. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ExportedOutputs } from "../../index";
import { journalFile } from "./journal";
import { hypervisorUri, stackConfig } from "../../project/stacks";
import { poolNameOf } from "../../settings/hypervisor";
import { passphrase } from "../environment";
import { projectName, stateFolder } from "../../project/paths";
import { down, plan, up } from "./engine";
import { Journal, type Values } from "./journal";
import { run } from "./process";
import { Display, countsText } from "../display";
import { whenReaderGoes } from "../../project/cli";

/**
 * Refuses a site that Pulumi or another checkout has made.
 * @throws when the hypervisor has the stack's pool and the journal is empty
 */
async function refuseForeignSite(stack: string, journal: Journal): Promise<void> {
  if (journal.entries.length > 0) return;
  const { code } = await run("virsh", ["-q", "-c", hypervisorUri(stack), "pool-info", poolNameOf(stack)]);
  if (code === 0)
    throw new Error(
      `${stack} exists already, and the offline engine of this checkout has not made it: use Pulumi, or the checkout that made it; if its state is lost: npm run down -- ${stack} --orphans`,
    );
}

/**
 * Makes a new folder below the project for temporary files and uses it as TMPDIR, because keys pass through files
 * there. Only the owner can read it. A run that is killed leaves it behind, and the next run deletes it.
 */
function useScratchFolder(stack: string): void {
  const folder = join(stateFolder, "scratch", stack);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  process.env.TMPDIR = folder;
}

async function main(verb: string, stack: string): Promise<void> {
  const started = Date.now();
  useScratchFolder(stack);
  const journal = new Journal(journalFile(stack), passphrase());
  await refuseForeignSite(stack, journal);
  // The standard output of `plan` is for the plan.
  const display = new Display(verb === "plan" ? process.stderr : process.stdout);
  // Here the compiler checks that the program exports every output of the contract.
  const program = async (): Promise<Values> => {
    const outputs: ExportedOutputs = await import("../../index");
    return outputs;
  };
  const args = {
    project: projectName,
    stack,
    config: stackConfig(stack),
    program,
    journal,
    progress: display,
  };
  try {
    if (verb === "down") await down(journal, display);
    else if (verb === "plan") console.log(JSON.stringify(await plan(args)));
    else {
      const counts = countsText(await up(args));
      console.log(`${counts} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    }
  } finally {
    display.end();
    rmSync(join(stateFolder, "scratch", stack), { recursive: true, force: true });
  }
}

// A reader of the output may go away (`| head`). The run continues to its end all the same.
whenReaderGoes(() => undefined);
const [, , verb = "", stack = ""] = process.argv;
main(verb, stack).then(
  () => process.exit(0),
  (error: Error) => {
    // Resources that depend on the failed one still wait, and Pulumi would list all of them at exit.
    process.removeAllListeners("exit");
    console.error(error.name === "Error" ? `error: ${error.message}` : error.message);
    process.exit(1);
  },
);

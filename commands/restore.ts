/**
 * npm run restore -- STACK FILE [--yes]: gives the site what a backup holds. FILE is a file here, or the name of one that the
 * site keeps (npm run backup -- STACK --list).
 */
import { existsSync } from "node:fs";
import { confirm } from "../project/confirm";
import { keptBackups, prepareRestore, requireBackups, swapIn, typedPath } from "../running/backups";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

async function source(
  running: RunningSite,
  directory: string,
  file: string,
): Promise<{ here: string } | { there: string }> {
  const here = typedPath(file);
  if (existsSync(here)) return { here };
  const kept = await keptBackups(running);
  if (kept.includes(file)) return { there: `${directory}/${file}` };
  throw new UserError(
    `there is no file ${here}, and no such kept backup; kept: ${kept.join(", ") || "none"}`,
  );
}

runTool(async () => {
  const { words, flags } = parseArgs(["--yes"]);
  const [name, file] = words;
  if (name === undefined || file === undefined)
    throw new UserError("usage: npm run restore -- STACK FILE [--yes]");
  const stack = requireStack(name);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    const { directory } = requireBackups(running.site);
    console.log(await prepareRestore(running, await source(running, directory, file)));
    const question = `What ${stack} holds now goes: its posts, its uploads, its themes and plugins. Restore?`;
    if (!flags.has("--yes") && !(await confirm(question))) {
      await running.execOk("nfs", "lvs-restore undo");
      console.log("nothing was touched");
      return 1;
    }
    // Neither Ctrl-C nor a terminal that goes must leave the real servers without php-fpm.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process
        .removeAllListeners(signal)
        .on(signal, () => console.error("a moment: it is put in place, or back"));
    await swapIn(running, console.error);
    console.log(`${stack} is restored: ${running.outputs.url}`);
    return 0;
  } finally {
    running.close();
  }
});

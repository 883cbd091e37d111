/** npm run backup -- STACK [FOLDER] | STACK --list: takes a backup now and brings it here, as one file; or tells the kept ones. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fetchBackup, keptBackups, requireBackups, takeBackup, typedPath } from "../running/backups";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { stateFolder } from "../project/paths";
import { requireStack } from "../project/stacks";

runTool(async () => {
  const { words, flags } = parseArgs(["--list"]);
  const stack = requireStack(words[0]);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    const { directory } = requireBackups(running.site);
    if (flags.has("--list")) {
      for (const name of await keptBackups(running)) console.log(name);
      return;
    }
    const folder = words[1] === undefined ? join(stateFolder, "backups") : typedPath(words[1]);
    mkdirSync(folder, { recursive: true });
    const name = await takeBackup(running);
    const file = join(folder, name);
    fetchBackup(running, `${directory}/${name}`, file);
    console.log(`${file}: ${statSync(file).size} bytes, restored into a scratch database for a check`);
    console.log(`give it back to the site with npm run restore -- ${stack} ${file}`);
  } finally {
    running.close();
  }
});

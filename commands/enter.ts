/** npm run enter [-- STACK] [COMMAND...]: a shell, or one command, on the client's side of the lab, with the stack's Pulumi environment. */
import { spawnSync } from "node:child_process";
import { engineEnvironment } from "../engines/environment";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { projectRoot } from "../project/paths";
import { requireStack } from "../project/stacks";

runTool(async () => {
  const [first, ...command] = parseArgs([], 1).words;
  const stack = requireStack(first);
  enterLab();
  if (command.length === 0)
    console.log(`the client's side of ${stack}; virsh, curl and pulumi see its machines here; exit leaves`);
  const [program, ...args] = command.length > 0 ? command : [process.env.SHELL ?? "bash"];
  const { status } = spawnSync(program!, args, {
    stdio: "inherit",
    cwd: projectRoot,
    env: engineEnvironment(),
  });
  return status ?? 1;
});

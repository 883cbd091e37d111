/** npm run ssh -- STACK HOST [COMMAND...]: a shell on a machine, or one command. */
import { spawnSync } from "node:child_process";
import { machinesOf } from "../settings/site";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

runTool(async () => {
  const [stack, host, ...command] = parseArgs([], 2).words;
  if (!stack || !host) throw new UserError("usage: npm run ssh -- STACK HOST [COMMAND...]");
  requireStack(stack);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    const known = machinesOf(running.site).map(({ name }) => name);
    if (!known.includes(host))
      throw new UserError(`${stack} has no machine ${host}; machines: ${known.join(", ")}`);
    const [program, ...args] = running.sshCommand(host);
    const terminal = command.length === 0 && process.stdin.isTTY ? ["-t"] : [];
    const { status } = spawnSync(program!, [...terminal, ...args, ...command], { stdio: "inherit" });
    return status ?? 1;
  } finally {
    running.close();
  }
});

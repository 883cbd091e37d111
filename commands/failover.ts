/** npm run failover -- STACK: hands the VIPs to the other director, with no request failed. */
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

runTool(async () => {
  const stack = requireStack(parseArgs([]).words[0]);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    await running.findActiveDirector();
    const { director, secondDirector } = running.site;
    if (!secondDirector)
      throw new UserError(`${stack} has one director; write 2 as directors in its stack file for a second`);
    const { code: down } = await running.exec(secondDirector.name, "systemctl is-active -q keepalived");
    if (down !== 0)
      throw new UserError(`${secondDirector.name} could not take over: its keepalived does not run`);
    const started = Date.now();
    const { code, stderr } = await running.exec(director.name, "lvs-director handover");
    if (code !== 0)
      throw new UserError(`${director.name} keeps the VIPs: ${stderr.trim() || `exit ${code}`}`);
    if (!(await running.isActive(secondDirector)))
      throw new UserError(
        `${director.name} let go, and ${secondDirector.name} holds no VIP yet: npm run status -- ${stack}`,
      );
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`${director.name} handed the VIPs to ${secondDirector.name} (${seconds} s)`);
  } finally {
    running.close();
  }
});

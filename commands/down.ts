/** npm run down [-- STACK]: takes the site away, and the private hypervisor with the last one. */
import { fetchEngine } from "../engines/engines";
import { isLocal } from "../project/stacks";
import { endForward } from "../project/forward";
import { hostScript } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";

runTool(async () => {
  const stack = requireStack(parseArgs([]).words[0]);
  endForward(stack);
  const engine = await fetchEngine(stack);
  if (isLocal(stack) && (await hostScript("hypervisor.sh", "kind")) === "none")
    await hostScript("hypervisor.sh", "start");
  engine.down(stack);
  await hostScript("hypervisor.sh", "stop");
  console.log(`${stack} is down`);
});

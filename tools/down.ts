/** npm run down [-- STACK]: takes the site away, and the private hypervisor with the last one. */
import { engineFor, isLocal } from "./engines";
import { endForward } from "./forward";
import { hostScript, parseArgs, requireStack, runTool } from "./project";

runTool(async () => {
  const stack = requireStack(parseArgs([]).words[0]);
  endForward(stack);
  const engine = engineFor(stack);
  if (isLocal(stack) && hostScript("hypervisor.sh", "kind") === "none") hostScript("hypervisor.sh", "start");
  engine.down(stack);
  hostScript("hypervisor.sh", "stop");
  console.log(`${stack} is down`);
});

import { fetchEngine } from "../engines/engines";
import { hostScript } from "../project/beside";
import { endForward } from "../project/forward";
import { isLocal, requireStack } from "../project/stacks";
import { defineCommand, stackArgument } from "./command";

export const down = defineCommand({
  name: "down",
  group: "Site",
  summary: "takes a stack away without a trace, and the private hypervisor with the last one",
  arguments: [stackArgument],
  examples: [["down tun", "the lab tun"]],
  async run({ words }) {
    const stack = requireStack(words[0]);
    endForward(stack);
    const engine = await fetchEngine(stack);
    if (isLocal(stack) && (await hostScript("hypervisor.sh", "kind")) === "none")
      await hostScript("hypervisor.sh", "start");
    engine.down(stack);
    await hostScript("hypervisor.sh", "stop");
    console.log(`${stack} is down`);
  },
});

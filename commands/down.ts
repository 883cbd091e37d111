import { existsSync } from "node:fs";
import { fetchEngine } from "../engines/engines";
import { askForOrphans, confirmDown } from "../engines/lookFirst";
import { journalFile } from "../engines/offline/journal";
import { hostScript } from "../project/beside";
import { endForward } from "../project/forward";
import { isLabFile } from "../settings/config";
import { isLocal, requireStack, stackFile } from "../project/stacks";
import { UserError } from "../project/userError";
import { defineCommand, stackArgument } from "./command";

export const down = defineCommand({
  name: "down",
  group: "Site",
  summary: "takes a stack away without a trace, and the private hypervisor with the last one",
  more: "Asks for the name of a stack that keeps content, unless it is a lab. A stack with `protect: true` is not taken down.",
  arguments: [stackArgument],
  options: [
    { flags: "--yes", what: "does not ask" },
    {
      flags: "--orphans",
      what: "removes what the stack has in libvirt, for a stack whose state is lost; lists it and asks first",
    },
  ],
  examples: [
    ["down tun", "the lab tun"],
    ["down dev --orphans", "after the state of dev was lost"],
  ],
  async run(input) {
    const stack = requireStack(input.words[0]);
    const engine = await fetchEngine(stack);
    const site = engine.outputs(stack)?.site;
    await confirmDown(site, { yes: input.has("yes"), isLab: isLabFile(stackFile(stack)) });
    endForward(stack);
    if (isLocal(stack) && (await hostScript("hypervisor.sh", "kind")) === "none")
      await hostScript("hypervisor.sh", "start");
    if (input.has("orphans")) {
      if (site || existsSync(journalFile(stack)))
        throw new UserError(`the state of ${stack} is there: npm run down -- ${stack}`);
      if (!(await askForOrphans(stack, input.has("yes")))) return 1;
    } else engine.down(stack);
    await hostScript("hypervisor.sh", "stop");
    console.log(`${stack} is down`);
    return 0;
  },
});

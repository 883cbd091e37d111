import { repairMachines } from "../running/reconcile";
import { defineCommand, stackArgument } from "./command";
import { withSite } from "./session";

export const repair = defineCommand({
  name: "repair",
  group: "Operate",
  summary: "puts back what differs on the machines from what up laid down",
  more: "Asks every machine what differs: IPVS table, VIPs, sysctls, nftables, mounts, addresses, routes, units, and the files of its jobs. Where something differs it is put back; for a file, the machine's jobs run again. Machines repair most of this by themselves (the setting reconcile); files are repaired here, and by up. Exit code 0 when nothing differs any more.",
  arguments: [stackArgument],
  examples: [["repair dev", "after somebody changed a machine by hand"]],
  run: ({ words: [stack] }) =>
    withSite(stack, async (running, name) => {
      let found = 0;
      const left = await repairMachines(running, (line) => {
        found += 1;
        console.log(`differs: ${line}`);
      });
      for (const line of left) console.error(`not repaired: ${line}`);
      if (left.length === 0) console.log(found === 0 ? `${name}: nothing differs` : `${name}: repaired`);
      return left.length === 0 ? 0 : 1;
    }),
});

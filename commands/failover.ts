import { handOver } from "../running/directors";
import { defineCommand, stackArgument } from "./command";
import { withSite } from "./session";

export const failover = defineCommand({
  name: "failover",
  group: "Operate",
  summary: "hands the VIPs to the other director; no request fails",
  arguments: [stackArgument],
  examples: [["failover ha-dr", "for maintenance of the active director"]],
  run: ({ words }) =>
    withSite(words[0], async (running) => console.log(await handOver(running)), { activeDirector: true }),
});

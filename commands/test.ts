import { runTiers, tierNames } from "../project/testTiers";
import { defineCommand } from "./command";

export const test = defineCommand({
  name: "test",
  group: "Develop",
  summary: "runs the project's tests, tier by tier, and sums them in one line",
  more: `The tiers are ${tierNames.join(", ")}. The lab tier proves each kind of claim once, on real machines.`,
  options: [
    { flags: "--only <tiers...>", what: "these tiers only", completes: "tier" },
    { flags: "--all", what: "proves every claim on every lab, and injects every fault" },
  ],
  examples: [
    ["test", "everything that CI runs"],
    ["test --only unit types", "two tiers, in seconds"],
  ],
  run: (input) => runTiers(input.values("only"), input.has("all")),
});

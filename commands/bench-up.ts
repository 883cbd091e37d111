import { requireLab } from "../project/stacks";
import { measureUp } from "../project/upBench";
import { defineCommand, jsonOption, printJson, printTable } from "./command";

export const benchUp = defineCommand({
  name: "bench-up",
  group: "Develop",
  summary: "measures up as a ratio to the boot of the machines alone",
  more: "Both sides are measured in one run, on a stack of its own that is gone afterwards. The lab itself must not be up.",
  arguments: [{ name: "lab?", what: "a lab; dr-wordpress by default", completes: "lab" }],
  options: [
    { flags: "--offline", what: "uses the offline engine" },
    { flags: "--rehearse", what: "the former name of --offline" },
    jsonOption,
  ],
  examples: [["bench-up fullnat", "another lab"]],
  async run(input) {
    const lab = requireLab(input.words[0] ?? "dr-wordpress");
    const isOffline = input.has("offline") || input.has("rehearse");
    const rows = await measureUp(lab, isOffline ? ["--offline"] : []);
    if (input.has("json")) return printJson({ lab, rows });
    printTable(
      ["what", "seconds", "ratio"],
      rows.map(({ what, seconds, ratio }) => [what, seconds.toFixed(1), ratio.toFixed(2)]),
    );
  },
});

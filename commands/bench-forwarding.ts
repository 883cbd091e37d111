import { engineFor, outputsOf } from "../engines/engines";
import { enterLab } from "../project/beside";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";
import { measureForwarding } from "../running/forwardingBench";
import { defineCommand, jsonOption, printJson, printTable } from "./command";
import { present } from "../settings/lists";

export const benchForwarding = defineCommand({
  name: "bench-forwarding",
  group: "Develop",
  summary: "measures requests per second of labs that are up, side by side",
  more: "The labs are measured in turns, so that a noisy host affects all of them alike.",
  arguments: [{ name: "lab*", what: "labs that are up; nat-lnmp and dr-lnmp by default", completes: "lab" }],
  options: [jsonOption],
  examples: [["bench-forwarding", "NAT and direct routing with the same shop"]],
  async run(input) {
    const labs = input.rest.length > 0 ? input.rest : ["nat-lnmp", "dr-lnmp"];
    const down = labs.filter((lab) => engineFor(requireStack(lab)).outputs(lab) === undefined);
    if (down.length > 0)
      throw new UserError(
        `not up: ${down.join(", ")}; ${down.map((lab) => `npm run up -- --lab ${lab}`).join("; ")}`,
      );
    enterLab();
    const found = await measureForwarding(labs.map((lab) => outputsOf(lab).site));
    if (input.has("json")) return printJson(found);
    const paths = Object.keys(found[0]?.ratio ?? {});
    printTable(
      ["lab", "forwarding", ...paths.flatMap((path) => [`${path} per second`, "ratio"])],
      found.map(({ lab, forwarding, requestsPerSecond, ratio }) => [
        lab,
        forwarding,
        ...paths.flatMap((path) => [
          present(requestsPerSecond[path], `rate of ${path}`).toFixed(1),
          present(ratio[path], `ratio of ${path}`).toFixed(2),
        ]),
      ]),
    );
  },
});

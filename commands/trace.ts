/** npm run trace -- STACK [SERVICE]: one connection to each service, and the way of its packets, hop by hop. */
import { methodOf } from "../settings/forwarding";
import { bracketed } from "../settings/site";
import type { Endpoint } from "../verify/probing/entrances";
import { type Journey, wireProblem } from "../verify/wire/journey";
import { journeys } from "../verify/wire/wire";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";
import { table } from "../project/table";

const at = ({ address, port }: Endpoint): string => `${bracketed(address)}:${port}`;

function journeyTable({ steps }: Journey): string {
  const header = ["hop", "from", "MAC", "to", "MAC", "packet", "tunnel", ""];
  const rows = steps.map(({ by, to, frame, addresses }, index) => [
    String(index + 1),
    by,
    frame.by,
    to,
    frame.to,
    `${at(frame.source)} > ${at(frame.destination)}`,
    frame.outside ? `${frame.outside.source} > ${frame.outside.destination}` : "-",
    addresses,
  ]);
  return table(header, rows);
}

runTool(async () => {
  const [name, wanted] = parseArgs([]).words;
  const stack = requireStack(name);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    await running.findActiveDirector();
    const { services } = running.site;
    const chosen = services.filter((service) => wanted === undefined || service.name === wanted);
    if (chosen.length === 0)
      throw new UserError(
        `${stack} has no service ${wanted!}; services: ${services.map((service) => service.name).join(", ")}`,
      );
    const found = await journeys(running, chosen);
    for (const [index, journey] of found.entries()) {
      const { name: title, forwarding, scheduler } = chosen[index]!;
      console.log(`${title}: ${methodOf(forwarding).title} (${forwarding}), ${scheduler}`);
      if (journey instanceof Error) console.log(`  ${journey.message}\n`);
      else console.log(`${journeyTable(journey)}\n${wireProblem(journey) || `as ${forwarding} has it`}\n`);
    }
    return found.every((journey) => !(journey instanceof Error) && wireProblem(journey) === "") ? 0 : 1;
  } finally {
    running.close();
  }
});

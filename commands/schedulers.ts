/** npm run schedulers -- STACK [--svg FILE]: tries each service of a running site, and draws who got its connections. */
import { writeFileSync } from "node:fs";
import { type Measured, svgChart, textChart } from "../verify/schedulers/charts";
import { isMeasurable, judgeDistribution } from "../verify/schedulers/distribution";
import { measure } from "../verify/schedulers/measure";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

/** What its arithmetic would have done instead; empty when that is the same. */
function deviation({ service, found }: Measured): string {
  try {
    judgeDistribution(service, found);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

runTool(async () => {
  const { words, flags } = parseArgs(["--svg"]);
  const [name, picture] = words;
  if (flags.has("--svg") !== (picture !== undefined))
    throw new UserError("usage: npm run schedulers -- STACK [--svg FILE]");
  const stack = requireStack(name);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  await running.findActiveDirector();
  try {
    const services = running.site.services.filter((service) => isMeasurable(running.site, service));
    if (services.length === 0)
      throw new UserError(`${stack} has no service that its scheduler alone decides: all are persistent`);
    const all = await Promise.all(
      services.map(async (service): Promise<Measured> => ({
        service,
        found: await measure(running, service),
      })),
    );
    const deviations = all.map(deviation);
    for (const [index, measured] of all.entries())
      console.log(`${textChart(measured)}\n  ${deviations[index] || "as its arithmetic says"}\n`);
    if (picture) writeFileSync(picture, svgChart(all));
    return deviations.every((text) => text === "") ? 0 : 1;
  } finally {
    running.close();
  }
});

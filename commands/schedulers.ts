import { writeFileSync } from "node:fs";
import { typedPath } from "../project/paths";
import { UserError } from "../project/userError";
import { type Measured, svgChart, textChart } from "../verify/schedulers/charts";
import { isMeasurable, judgeDistribution } from "../verify/schedulers/distribution";
import { measure } from "../verify/schedulers/measure";
import { defineCommand, jsonOption, printJson, stackArgument } from "./command";
import { withSite } from "./session";

/** How the measured distribution differs from the scheduler's own arithmetic. Empty when it does not. */
function deviation({ service, found }: Measured): string {
  try {
    judgeDistribution(service, found);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

export const schedulers = defineCommand({
  name: "schedulers",
  group: "Look",
  summary: "tries the scheduler of each service, and draws which real server got the connections",
  arguments: [stackArgument],
  options: [{ flags: "--svg <file>", what: "writes the picture to a file", completes: "file" }, jsonOption],
  examples: [["schedulers schedulers --svg schedulers.svg", "every scheduler of the kernel"]],
  run: (input) =>
    withSite(
      input.words[0],
      async (running, stack) => {
        const services = running.site.services.filter((service) => isMeasurable(running.site, service));
        if (services.length === 0)
          throw new UserError(
            `${stack} has no service without persistence, so there is no scheduler to measure`,
          );
        const all = await Promise.all(
          services.map(async (service): Promise<Measured> => ({
            service,
            found: await measure(running, service),
          })),
        );
        const deviations = all.map(deviation);
        if (input.has("json"))
          printJson({
            stack,
            services: all.map(({ service, found }, index) => ({
              service: service.name,
              scheduler: service.scheduler,
              ...found,
              ...(deviations[index] && { deviation: deviations[index] }),
            })),
          });
        else
          for (const [index, measured] of all.entries())
            console.log(
              `${textChart(measured)}\n  ${deviations[index] || "matches the scheduler's arithmetic"}\n`,
            );
        const picture = input.value("svg");
        if (picture !== undefined) writeFileSync(typedPath(picture), svgChart(all));
        return deviations.every((text) => text === "") ? 0 : 1;
      },
      { activeDirector: true },
    ),
});

import { writeFileSync } from "node:fs";
import { chosenFaults } from "../chaos/faults";
import { header, markdown, rowOf, valueOf } from "../chaos/report";
import { runSeries } from "../chaos/series";
import { timeline } from "../chaos/timeline";
import { typedPath } from "../project/paths";
import { UsageError, UserError } from "../project/userError";
import { hasWeb } from "../settings/site";
import { defineCommand, jsonOption, printJson, printTable } from "./command";
import { withSite } from "./session";

/** The value of an option as a number within bounds. @throws UsageError */
function numberOf(option: string, text: string | undefined, most: number, unit: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= most)) throw new UsageError(`--${option}: write 1 to ${most} ${unit}`);
  return value;
}

export const chaos = defineCommand({
  name: "chaos",
  group: "Prove",
  summary: "injects faults under load, and measures errors, gaps and the time to full service",
  more: "Exit code 0 only when the site survived each fault within its bound, and no data was lost.",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "fault*", what: "faults; all that apply to the site by default", completes: "fault" },
  ],
  options: [
    { flags: "--rate <number>", what: "requests per second, 1 to 50", default: "5" },
    {
      flags: "--timeout <seconds>",
      what: "a request without an answer in this time has failed",
      default: "5",
    },
    { flags: "--list", what: "lists the faults and their bounds" },
    { flags: "--markdown", what: "prints the table as Markdown" },
    { flags: "--svg <file>", what: "writes a timeline to a file", completes: "file" },
    jsonOption,
  ],
  examples: [
    ["chaos ha-full --list", "the faults of a site"],
    ["chaos ha-dr director-off --rate 10", "one fault under ten requests per second"],
  ],
  run: (input) => {
    const rate = numberOf("rate", input.value("rate"), 50, "requests a second");
    const timeout = numberOf("timeout", input.value("timeout"), 60, "seconds");
    return withSite(
      input.words[0],
      async (running, stack) => {
        if (!hasWeb(running.site))
          throw new UserError(`${stack} serves no http, and the load consists of http requests`);
        const faults = chosenFaults(running.site, input.rest);
        if (input.has("list")) {
          const list = faults.map(({ name, what, bound }) => ({
            name,
            what,
            bound: bound(running.site).text,
          }));
          if (input.has("json")) printJson({ stack, faults: list });
          else
            printTable(
              ["fault", "what happens", "bound"],
              list.map((one) => Object.values(one)),
            );
          return 0;
        }
        const outcomes = await runSeries(running, faults, { ratePerSecond: rate, timeoutMs: timeout * 1000 });
        const picture = input.value("svg");
        if (picture !== undefined && outcomes.length > 0)
          writeFileSync(typedPath(picture), timeline(outcomes));
        if (input.has("json")) printJson({ stack, rate, faults: outcomes.map(valueOf) });
        else if (input.has("markdown")) console.log(markdown(header, outcomes.map(rowOf)));
        else printTable(header, outcomes.map(rowOf));
        const isWhole = outcomes.length === faults.length;
        return isWhole && outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1;
      },
      { drained: true },
    );
  },
});

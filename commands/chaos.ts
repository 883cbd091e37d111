import { writeFileSync } from "node:fs";
import { keeper } from "../chaos/data";
import type { Fault } from "../chaos/fault";
import { chosenFaults } from "../chaos/faults";
import { header, markdown, rowOf, valueOf } from "../chaos/report";
import { type Outcome, type RunSettings, defaultPace, runFault } from "../chaos/run";
import { serviceProblems } from "../chaos/service";
import { timeline } from "../chaos/timeline";
import { typedPath } from "../project/paths";
import { table } from "../project/table";
import { UsageError, UserError } from "../project/userError";
import type { RunningSite } from "../running/runningSite";
import { hasWeb } from "../settings/site";
import { eventually } from "../verify/claim";
import { type Input, defineCommand, jsonOption, printJson } from "./command";
import { withSite } from "./session";

/** Seconds for a site that has just come up, or was just tested, to be in full service. */
const startSeconds = 180;

/** Ctrl-C ends the run, not the process: the fault is undone first. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.removeAllListeners(name);
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}

/** Injects the faults one after another, and reports progress on standard error. Ends early when interrupted, and after a fault that is not over. */
async function runAll(
  running: RunningSite,
  faults: readonly Fault[],
  load: Pick<RunSettings, "ratePerSecond" | "timeoutMs">,
): Promise<Outcome[]> {
  const signal = interruption();
  const problemsOf = () => serviceProblems(running);
  await eventually(startSeconds, async () => {
    const problems = (await problemsOf()).join("; ");
    if (problems) throw new UserError(`${running.site.stack} is not well to begin with: ${problems}`);
    return "well";
  });
  const keep = running.site.content === "wordpress" ? await keeper(running) : undefined;
  const outcomes: Outcome[] = [];
  for (const fault of faults) {
    const report = (text: string) => console.error(`${fault.name}: ${text}`);
    try {
      const settings = { ...load, pace: defaultPace, problemsOf, keep, signal, report };
      const outcome = await runFault(running, fault, settings);
      outcomes.push(outcome);
      const { figures, problems } = outcome;
      report(`${figures.failed} of ${figures.requests} failed, longest gap ${figures.longestGapSeconds} s`);
      for (const problem of problems) report(`FAIL: ${problem}`);
      if (figures.fullServiceSeconds === undefined) break;
    } catch (error) {
      if (!signal.aborted) throw error;
      report("interrupted; what was injected has been taken back");
      break;
    }
  }
  const left = faults.slice(outcomes.length).map(({ name }) => name);
  if (left.length > 0) console.error(`without a result: ${left.join(", ")}`);
  return outcomes;
}

/** The value of an option as a number within bounds. @throws UsageError */
function numberOf(input: Input, option: string, most: number, unit: string): number {
  const value = Number(input.value(option));
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
    const rate = numberOf(input, "rate", 50, "requests a second");
    const timeout = numberOf(input, "timeout", 60, "seconds");
    return withSite(
      input.words[0],
      async (running, stack) => {
        if (!hasWeb(running.site))
          throw new UserError(`${stack} serves no http, which is what the load asks for`);
        const faults = chosenFaults(running.site, input.rest);
        if (input.has("list")) {
          const list = faults.map(({ name, what, bound }) => ({
            name,
            what,
            bound: bound(running.site).text,
          }));
          if (input.has("json")) printJson({ stack, faults: list });
          else
            console.log(
              table(
                ["fault", "what happens", "bound"],
                list.map((one) => Object.values(one)),
              ),
            );
          return 0;
        }
        const outcomes = await runAll(running, faults, { ratePerSecond: rate, timeoutMs: timeout * 1000 });
        const picture = input.value("svg");
        if (picture !== undefined && outcomes.length > 0)
          writeFileSync(typedPath(picture), timeline(outcomes));
        if (input.has("json")) printJson({ stack, rate, faults: outcomes.map(valueOf) });
        else console.log((input.has("markdown") ? markdown : table)(header, outcomes.map(rowOf)));
        const isWhole = outcomes.length === faults.length;
        return isWhole && outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1;
      },
      { drained: true },
    );
  },
});

/**
 * npm run chaos -- STACK [FAULT...] [--rate N] [--timeout SECONDS] [--json | --markdown] [--svg FILE] [--list]: one fault after another on the
 * running site, under load. Exit 0 only when each was survived within its bound, and nothing was lost.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { keeper } from "../chaos/data";
import type { Fault } from "../chaos/fault";
import { chosenFaults } from "../chaos/faults";
import { header, markdown, rowOf, valueOf } from "../chaos/report";
import { type Outcome, type RunSettings, runFault, defaultPace } from "../chaos/run";
import { serviceProblems } from "../chaos/service";
import { timeline } from "../chaos/timeline";
import { hasWeb } from "../settings/site";
import { eventually } from "../verify/claim";
import { findDrained } from "../running/directors";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";
import { table } from "../project/table";

const options = {
  rate: { type: "string", default: "5" },
  timeout: { type: "string", default: "5" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  svg: { type: "string" },
  list: { type: "boolean" },
} as const;

function commandLine() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [rate, timeout] = [Number(values.rate), Number(values.timeout)];
    return { ...values, words: positionals, rate, timeout };
  } catch (error) {
    // What follows its first sentence is on file names that begin with a dash.
    const [what] = (error as Error).message.split(". ");
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new UserError(`${what!}; known: ${known.join(", ")}`);
  }
}

/** A site that has just come up, or was just put to a test, may still be busy with itself. */
const startSeconds = 180;

/** Ctrl-C ends the run, not the process: what was injected is taken back first. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.removeAllListeners(name);
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}

/** Says on standard error what is going on. Ends early when interrupted, and after a fault that is not over. */
async function runAll(
  running: RunningSite,
  faults: readonly Fault[],
  load: Pick<RunSettings, "ratePerSecond" | "timeoutMs">,
): Promise<Outcome[]> {
  const signal = interruption();
  await findDrained(running);
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
      const outcome = await runFault(running, fault, {
        ...load,
        pace: defaultPace,
        problemsOf,
        keep,
        signal,
        report,
      });
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

runTool(async () => {
  const { words, rate, timeout, json, markdown: asMarkdown, svg, list } = commandLine();
  if (!(rate >= 1 && rate <= 50)) throw new UserError("--rate: write 1 to 50 requests a second");
  if (!(timeout >= 1 && timeout <= 60)) throw new UserError("--timeout: write 1 to 60 seconds");
  const stack = requireStack(words[0]);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    if (!hasWeb(running.site))
      throw new UserError(`${stack} serves no http, which is what the load asks for`);
    const faults = chosenFaults(running.site, words.slice(1));
    if (list) {
      const rows = faults.map(({ name, what, bound }) => [name, what, bound(running.site).text]);
      console.log(table(["fault", "what happens", "bound"], rows));
      return 0;
    }
    const outcomes = await runAll(running, faults, { ratePerSecond: rate, timeoutMs: timeout * 1000 });
    if (svg && outcomes.length > 0) writeFileSync(svg, timeline(outcomes));
    if (json) console.log(JSON.stringify({ stack, rate, faults: outcomes.map(valueOf) }, null, 2));
    else console.log((asMarkdown ? markdown : table)(header, outcomes.map(rowOf)));
    const isWhole = outcomes.length === faults.length;
    return isWhole && outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1;
  } finally {
    running.close();
  }
});

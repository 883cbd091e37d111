/** One fault after another on a running site. */
import { UserError } from "../project/userError";
import type { RunningSite } from "../running/runningSite";
import { eventually } from "../verify/claim";
import { keeper } from "./data";
import type { Fault } from "./fault";
import { type Outcome, type RunSettings, defaultPace, runFault } from "./run";
import { serviceProblems } from "./service";

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

/**
 * Injects the faults one after another, and reports progress on standard error. Ends early when interrupted, and after a fault
 * that is not over. @throws UserError when the site is not well to begin with
 */
export async function runSeries(
  running: RunningSite,
  faults: readonly Fault[],
  load: Pick<RunSettings, "ratePerSecond" | "timeoutMs">,
): Promise<Outcome[]> {
  const signal = interruption();
  const problemsOf = () => serviceProblems(running);
  await eventually(startSeconds, async () => {
    const problems = (await problemsOf()).join("; ");
    if (problems)
      throw new UserError(`${running.site.stack} is not healthy before the first fault: ${problems}`);
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

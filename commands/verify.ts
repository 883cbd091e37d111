/**
 * npm run verify [-- STACK [CLAIM...]] [--json]: proves on the running machines what the site promises, or the claims of these
 * ids alone (`upload`, `health` for every service's `health:...`); exit 0 only when all of it holds.
 */
import { type Claim, type Verdict, judgeAll } from "../verify/claim";
import { claimsOf } from "../verify/claims";
import { findDrained } from "../running/directors";
import { outputsOf } from "../engines/engines";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

/** Those of the ids that are asked for, or all. @throws UserError with the ids that there are */
function chosen(checks: readonly Claim[], ids: readonly string[]): readonly Claim[] {
  const isOf = (id: string, check: Claim) => check.id === id || check.id.startsWith(`${id}:`);
  const unknown = ids.filter((id) => !checks.some((check) => isOf(id, check)));
  if (unknown.length > 0)
    throw new UserError(
      `this site has no claim ${unknown.join(", ")}; claims: ${checks.map(({ id }) => id).join(", ")}`,
    );
  return ids.length === 0 ? checks : checks.filter((check) => ids.some((id) => isOf(id, check)));
}

runTool(async () => {
  const { words, flags } = parseArgs(["--json"]);
  const [name, ...ids] = words;
  const stack = requireStack(name);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  await running.findActiveDirector();
  await findDrained(running);
  const show = ({ ok, claim, seconds, evidence }: Verdict) => {
    if (flags.has("--json")) return;
    const indented = evidence.replaceAll("\n", "\n       ");
    console.log(`${ok ? "ok  " : "FAIL"} ${claim} (${seconds} s)\n       ${indented}`);
  };
  let verdicts: Verdict[];
  try {
    verdicts = await judgeAll(chosen(claimsOf(running.site), ids), running, show);
  } finally {
    running.close();
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (flags.has("--json")) console.log(JSON.stringify({ stack, checks: verdicts }, null, 2));
  else console.log(`\n${verdicts.length - failed} of ${verdicts.length} claims hold`);
  return failed === 0 ? 0 : 1;
});

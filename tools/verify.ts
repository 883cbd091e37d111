/** npm run verify [-- STACK] [--json]: proves on the running machines what the site promises; exit 0 only when all of it holds. */
import { type Verdict, judgeAll } from "../verify/check";
import { checksFor } from "../verify/checks";
import { outputsOf } from "./engines";
import { Lab } from "./lab";
import { enterLab, parseArgs, requireStack, runTool } from "./project";

runTool(async () => {
  const { words, flags } = parseArgs(["--json"]);
  const stack = requireStack(words[0]);
  enterLab();
  const lab = new Lab(outputsOf(stack));
  await lab.findActiveDirector();
  const show = ({ ok, claim, seconds, evidence }: Verdict) => {
    if (flags.has("--json")) return;
    const indented = evidence.replaceAll("\n", "\n       ");
    console.log(`${ok ? "ok  " : "FAIL"} ${claim} (${seconds} s)\n       ${indented}`);
  };
  let verdicts: Verdict[];
  try {
    verdicts = await judgeAll(checksFor(lab.site), lab, show);
  } finally {
    lab.close();
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (flags.has("--json")) console.log(JSON.stringify({ stack, checks: verdicts }, null, 2));
  else console.log(`\n${verdicts.length - failed} of ${verdicts.length} claims hold`);
  return failed === 0 ? 0 : 1;
});

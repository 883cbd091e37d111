/** npm run verify [-- STACK] [--json]: proves on the running machines what the site promises; exit 0 only when all of it holds. */
import { type Verdict, judge } from "../verify/check";
import { checks } from "../verify/checks";
import { outputsOf } from "./engines";
import { Lab } from "./lab";
import { enterLab, parseArgs, requireStack, runTool } from "./project";

runTool(async () => {
  const { words, flags } = parseArgs(["--json"]);
  const stack = requireStack(words[0]);
  enterLab();
  const lab = new Lab(outputsOf(stack));
  const verdicts: Verdict[] = [];
  try {
    for (const check of checks) {
      const verdict = await judge(check, lab);
      verdicts.push(verdict);
      if (!flags.has("--json"))
        console.log(
          `${verdict.ok ? "ok  " : "FAIL"} ${verdict.claim} (${verdict.seconds} s)\n       ${verdict.evidence.replaceAll("\n", "\n       ")}`,
        );
    }
  } finally {
    lab.close();
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (flags.has("--json")) console.log(JSON.stringify({ stack, checks: verdicts }, null, 2));
  else console.log(`\n${verdicts.length - failed} of ${verdicts.length} claims hold`);
  return failed === 0 ? 0 : 1;
});

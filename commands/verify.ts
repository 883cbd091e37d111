import { coloured, oneOfKnown } from "../project/cli";
import { type Claim, type Verdict, proveClaims } from "../verify/claim";
import { claimsOf } from "../verify/claims";
import { defineCommand, jsonOption, printJson, stackArgument } from "./command";
import { withSite } from "./session";

/** The claims of these ids, or all of them. `health` stands for every `health:...`. @throws UsageError for an id that the site does not have */
function chosen(claims: readonly Claim[], ids: readonly string[]): readonly Claim[] {
  const isOf = (id: string, claim: Claim) => claim.id === id || claim.id.startsWith(`${id}:`);
  const known = claims.map(({ id }) => id);
  for (const id of ids)
    if (!claims.some((claim) => isOf(id, claim))) oneOfKnown(id, "claim of this site", known);
  return ids.length === 0 ? claims : claims.filter((claim) => ids.some((id) => isOf(id, claim)));
}

function show({ ok, claim, seconds, evidence }: Verdict): void {
  const indented = evidence.replaceAll("\n", "\n       ");
  console.log(
    `${ok ? coloured("green", "ok  ") : coloured("red", "FAIL")} ${claim} (${seconds} s)\n       ${indented}`,
  );
}

export const verify = defineCommand({
  name: "verify",
  group: "Prove",
  summary: "proves on the running machines what the site promises",
  more: "Exit code 0 only when every claim holds.",
  arguments: [
    stackArgument,
    {
      name: "claim*",
      what: "ids of claims; all of them by default. health stands for every health:...",
      completes: "claim",
    },
  ],
  options: [jsonOption],
  examples: [
    ["verify", "everything about the dev site"],
    ["verify ha-full health wire --json", "two kinds of claims, for a script"],
  ],
  run: (input) =>
    withSite(
      input.words[0],
      async (running, stack) => {
        const json = input.has("json");
        const report = json ? () => undefined : show;
        const verdicts = await proveClaims(chosen(claimsOf(running.site), input.rest), running, report);
        const failed = verdicts.filter(({ ok }) => !ok).length;
        if (json) printJson({ stack, checks: verdicts });
        else console.log(`\n${verdicts.length - failed} of ${verdicts.length} claims hold`);
        return failed === 0 ? 0 : 1;
      },
      { activeDirector: true, drained: true },
    ),
});

/** A stack file made whole: defaults filled in, addresses planned, sizes computed, and everything checked. */
import { planAddresses } from "./addressPlan";
import { assemble } from "./assemble";
import { fileProblems, siteProblems } from "./checks";
import { type Problem, SettingsError, problemsOf } from "./problems";
import { keysAt, siteSchema } from "./schema";
import type { SiteSettings } from "./site";

/**
 * The site that `raw` describes (the keys `lvs-wordpress:` of the stack file `from`, prefix left off).
 * @throws SettingsError naming everything that is wrong with it
 */
export function resolveSite(
  stack: string,
  raw: Record<string, unknown>,
  from = `Pulumi.${stack}.yaml`,
): SiteSettings {
  const refuse = (problems: readonly Problem[]) => {
    if (problems.length > 0) throw new SettingsError(from, problems);
  };
  const parsed = siteSchema.safeParse(raw, { reportInput: true });
  if (!parsed.success) throw new SettingsError(from, problemsOf(parsed.error, keysAt));
  const file = parsed.data;
  refuse(fileProblems(file));
  const site = assemble(stack, file, planAddresses(file));
  refuse(siteProblems(site, file));
  return site;
}

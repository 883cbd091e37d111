/** Turns a stack file into a site: fills in defaults, plans addresses, computes sizes, and checks everything. */
import { planAddresses } from "./addressPlan";
import { assemble } from "./assemble";
import { fileProblems, siteProblems } from "./checks";
import { isLabFile } from "./config";
import { type Problem, SettingsError, problemsOf } from "./problems";
import { keysAt, siteSchema } from "./schema";
import type { SiteSettings } from "./site";

/**
 * Returns the site that `raw` describes: the `lvs-wordpress:` keys of the stack file `from`, without the prefix.
 * @throws SettingsError with all problems of the file
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
  const isLab = isLabFile(from);
  const { protect = !isLab, reconcile = !isLab } = parsed.data;
  const file = { ...parsed.data, protect, reconcile };
  refuse(fileProblems(file));
  const site = assemble(stack, file, planAddresses(file));
  refuse(siteProblems(site, file));
  return site;
}

/** Refuses a user's check program that cannot be read, before anything is created. */
import { readFileSync } from "node:fs";
import { RunError } from "@pulumi/pulumi";
import { projectFile } from "../settings/projectFile";
import { type Problem, listing } from "../settings/problems";
import type { SiteSettings } from "../settings/site";

/** @throws RunError, which Pulumi shows without a stack trace, when a check program cannot be read or run */
export function checkScripts(site: SiteSettings): void {
  const problems = site.services.flatMap(({ check }, index): Problem[] => {
    const reason = check?.script === undefined ? undefined : unusable(check.script);
    const message = `${check?.script} ${reason}; write the path of a program for the directors, such as a shell script`;
    return reason === undefined ? [] : [{ path: `services[${index}].check.script`, message }];
  });
  if (problems.length > 0)
    throw new RunError(listing(`The checks of the site ${site.stack} cannot be used:`, problems));
}

/** Why a file cannot be run on a director. Undefined when it can. */
function unusable(path: string): string | undefined {
  try {
    return readFileSync(projectFile(path), "utf8").startsWith("#!") ? undefined : 'does not begin with "#!"';
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`;
  }
}

/** All faults, in the order in which they are injected. */
import { didYouMean } from "../settings/problems";
import type { SiteSettings } from "../settings/site";
import { UsageError, UserError } from "../project/userError";
import type { Fault } from "./fault";
import { directorFaults } from "./faults/director";
import { realServerFaults } from "./faults/realServer";
import { repairFaults } from "./faults/repairs";
import { siteFaults } from "./faults/site";
import { mysqlFaults, nfsFaults } from "./faults/storage";

export const allFaults: readonly Fault[] = [
  ...directorFaults,
  ...realServerFaults,
  ...nfsFaults,
  ...mysqlFaults,
  ...repairFaults,
  ...siteFaults,
];

/** The faults of these names in that order, or all that apply to the site. @throws UsageError for an unknown name, UserError for one that does not apply */
export function chosenFaults(site: SiteSettings, names: readonly string[]): readonly Fault[] {
  const possible = allFaults.filter(({ applies }) => applies(site));
  const list = possible.map(({ name }) => name).join(", ");
  if (names.length === 0) return possible;
  return names.map((name) => {
    const found = possible.find((fault) => fault.name === name);
    if (found) return found;
    const known = allFaults.some((fault) => fault.name === name);
    if (known) throw new UserError(`${site.stack} cannot have ${name}; it can have: ${list}`);
    const guess = didYouMean(
      name,
      possible.map((fault) => fault.name),
    );
    throw new UsageError(`there is no fault ${name}${guess}; faults: ${list}`);
  });
}

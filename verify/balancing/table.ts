/** The claim about the director's IPVS table. */
import type { SiteSettings } from "../../settings/site";
import { ipvsRules } from "../../templates/director";
import { type Claim, ensure } from "../claim";
import { sortedRules, tableOf } from "../probing/table";

export const tableClaims = (site: SiteSettings): Claim[] => [
  {
    id: "ipvs-table",
    text: "the kernel's IPVS table matches the settings, thresholds included",
    async prove(running) {
      const { rules } = await tableOf(running);
      const wanted = sortedRules(ipvsRules(site).split("\n"));
      const missing = difference(wanted, rules);
      const surplus = difference(rules, wanted);
      ensure(rules === wanted, `missing: ${missing || "nothing"}; too much: ${surplus || "nothing"}`);
      return rules.split("\n").join("; ");
    },
  },
];

const difference = (whole: string, part: string): string =>
  whole
    .split("\n")
    .filter((line) => !part.split("\n").includes(line))
    .join("; ");

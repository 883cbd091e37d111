/** Everything that `verify` proves of a site, in order; what does not apply to it is not among it. */
import { type SiteSettings, asBalanced } from "../settings/site";
import { applicationClaims, directReturnClaims } from "./content/applications";
import { backupClaims } from "./machines/backup";
import type { Claim } from "./claim";
import { databaseClaims } from "./machines/database";
import { distributionClaims, thresholdClaims } from "./schedulers/distribution";
import { drainClaims } from "./balancing/drain";
import { confinementClaims, guardClaims } from "./content/guards";
import { healthClaims, sorryClaims } from "./balancing/health";
import { cronClaims } from "./content/cron";
import { changingClaims, machineClaims } from "./machines/machines";
import { neighbourClaims, silenceClaims } from "./wire/neighbours";
import { lineClaims, networkClaims } from "./wire/networks";
import { pageCacheClaims, staleClaims } from "./content/pageCache";
import { pairClaims } from "./balancing/pair";
import { persistenceClaims, persistentClientsClaims } from "./balancing/persistence";
import { timeoutClaims } from "./balancing/persistenceTimeout";
import { reachClaims } from "./machines/reach";
import { shopClaims } from "./content/shop";
import { storageClaims } from "./machines/storage";
import { tableClaims } from "./balancing/table";
import { tlsClaims } from "./content/tls";
import { updateClaims } from "./machines/updates";
import { webFileClaims } from "./content/webFiles";
import { wireClaims } from "./wire/wire";
import { wordpressClaims, wordpressReturnClaims } from "./content/wordpress";

const together = (name: string, checks: readonly Claim[]): Claim[] =>
  checks.map((check) => ({ ...check, together: name }));

export function claimsOf(settings: SiteSettings): Claim[] {
  const site = asBalanced(settings);
  if (!site.layDown) return machineClaims(site);
  const wordpress = site.content === "wordpress";
  return [
    // First, for schedulers remember: each service is used by its own check alone.
    ...together("schedulers", [...tableClaims(site), ...distributionClaims(site)]),
    ...together("persistence", persistenceClaims(site)),
    ...together("persistent clients", persistentClientsClaims(site)),
    ...together("wire", [...wireClaims(site), ...lineClaims(site), ...neighbourClaims(site)]),
    ...together("use", [...applicationClaims(site), ...tlsClaims(site), ...networkClaims(site)]),
    // One by one: of two logins at the same moment WordPress may forget one.
    ...(wordpress ? [...wordpressClaims, ...pageCacheClaims(site), ...cronClaims(site)] : []),
    ...(site.content === "shop" ? shopClaims(site) : []),
    ...directReturnClaims(site),
    ...(wordpress ? wordpressReturnClaims(site) : []),
    ...guardClaims(site),
    ...thresholdClaims(site),
    ...together("rest", [
      ...timeoutClaims(site),
      ...machineClaims(site),
      ...storageClaims(site),
      ...silenceClaims(site),
      ...pairClaims(site),
      ...sorryClaims(site),
      ...confinementClaims(site),
      ...updateClaims(site),
    ]),
    ...together("database", databaseClaims(site)),
    ...reachClaims(site),
    ...webFileClaims(site),
    ...backupClaims(site),
    ...drainClaims(site),
    ...healthClaims(site),
    ...(wordpress ? staleClaims(site) : []),
    ...changingClaims(site),
  ];
}

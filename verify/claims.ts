/** The registry of claims: everything that `verify` proves about a site, in order. */
import { type SiteSettings, withDrainedAtZero } from "../settings/site";
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
import { ageClaims, pageCacheClaims, staleClaims } from "./content/pageCache";
import { pairClaims } from "./balancing/pair";
import { persistenceClaims, persistentClientsClaims } from "./balancing/persistence";
import { timeoutClaims } from "./balancing/persistenceTimeout";
import { timeoutRepairClaims } from "./machines/repairs";
import { sessionClaims } from "./content/sessions";
import { reachClaims } from "./machines/reach";
import { shopClaims } from "./content/shop";
import { clientRefusalClaims, configClaims } from "./machines/storage";
import { tableClaims } from "./balancing/table";
import { tlsClaims } from "./content/tls";
import { updateClaims } from "./machines/updates";
import { webFileClaims } from "./content/webFiles";
import { wireClaims } from "./wire/wire";
import { sharedContentClaims, wordpressClaims, wordpressReturnClaims } from "./content/wordpress";

/** Claims that do not disturb each other. */
const group = (name: string, claims: readonly Claim[]): Claim[] =>
  claims.map((claim) => ({ ...claim, group: name }));

/** All claims about the site, in the order in which they are proven. */
export function claimsOf(settings: SiteSettings): Claim[] {
  const site = withDrainedAtZero(settings);
  if (!site.layDown) return machineClaims(site);
  const wordpress = site.content === "wordpress";
  return [
    // First, because schedulers keep state: nobody else may use a service until its own claim is proven.
    ...group("schedulers", [...tableClaims(site), ...distributionClaims(site)]),
    ...group("persistence", persistenceClaims(site)),
    ...group("persistent clients", persistentClientsClaims(site)),
    ...group("wire", [...wireClaims(site), ...lineClaims(site), ...neighbourClaims(site)]),
    ...group("use", [...applicationClaims(site), ...tlsClaims(site), ...networkClaims(site)]),
    ...(site.content === "shop" ? shopClaims(site) : []),
    // One by one: WordPress may forget one of two logins of the same moment, and a busy real server bypasses its page cache.
    ...(wordpress
      ? [...wordpressClaims, ...sharedContentClaims, ...pageCacheClaims(site), ...cronClaims(site)]
      : []),
    // These count what the director or a real server handles: nothing else may run beside them.
    ...directReturnClaims(site),
    ...(wordpress ? wordpressReturnClaims(site) : []),
    ...guardClaims(site),
    ...sessionClaims(site),
    ...thresholdClaims(site),
    // These wait for most of their time.
    ...group("waiting", [
      ...(wordpress ? ageClaims(site) : []),
      ...timeoutClaims(site),
      ...clientRefusalClaims(site),
      ...timeoutRepairClaims(site),
    ]),
    ...group("rest", [
      ...machineClaims(site),
      ...configClaims(site),
      ...silenceClaims(site),
      ...pairClaims(site),
      ...sorryClaims(site),
      ...confinementClaims(site),
      ...updateClaims(site),
      ...databaseClaims(site),
      ...reachClaims(site),
    ]),
    ...webFileClaims(site),
    ...backupClaims(site),
    // These stop or change what all other claims use.
    ...drainClaims(site),
    ...healthClaims(site),
    ...(wordpress ? staleClaims(site) : []),
    ...changingClaims(site),
  ];
}

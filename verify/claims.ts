/** Everything that `verify` proves of a site, in order; what does not apply to it is not among it. */
import { type SiteSettings, asBalanced } from "../settings/site";
import { applicationChecks, directReturnChecks } from "./content/applications";
import { backupChecks } from "./machines/backup";
import type { Check } from "./claim";
import { databaseChecks } from "./machines/database";
import { distributionChecks, thresholdChecks } from "./schedulers/distribution";
import { drainChecks } from "./balancing/drain";
import { confinementChecks, guardChecks } from "./content/guards";
import { healthChecks, sorryChecks } from "./balancing/health";
import { cronChecks } from "./content/cron";
import { changingChecks, machineChecks } from "./machines/machines";
import { neighbourChecks, silenceChecks } from "./wire/neighbours";
import { lineChecks, networkChecks } from "./wire/networks";
import { pageCacheChecks, staleChecks } from "./content/pageCache";
import { pairChecks } from "./balancing/pair";
import { persistenceChecks, persistentClientsChecks } from "./balancing/persistence";
import { timeoutChecks } from "./balancing/persistenceTimeout";
import { reachChecks } from "./machines/reach";
import { shopChecks } from "./content/shop";
import { storageChecks } from "./machines/storage";
import { tableChecks } from "./balancing/table";
import { tlsChecks } from "./content/tls";
import { updateChecks } from "./machines/updates";
import { webFileChecks } from "./content/webFiles";
import { wireChecks } from "./wire/wire";
import { wordpressChecks, wordpressReturnChecks } from "./content/wordpress";

const together = (name: string, checks: readonly Check[]): Check[] =>
  checks.map((check) => ({ ...check, together: name }));

export function checksFor(settings: SiteSettings): Check[] {
  const site = asBalanced(settings);
  if (!site.layDown) return machineChecks(site);
  const wordpress = site.content === "wordpress";
  return [
    // First, for schedulers remember: each service is used by its own check alone.
    ...together("schedulers", [...tableChecks(site), ...distributionChecks(site)]),
    ...together("persistence", persistenceChecks(site)),
    ...together("persistent clients", persistentClientsChecks(site)),
    ...together("wire", [...wireChecks(site), ...lineChecks(site), ...neighbourChecks(site)]),
    ...together("use", [...applicationChecks(site), ...tlsChecks(site), ...networkChecks(site)]),
    // One by one: of two logins at the same moment WordPress may forget one.
    ...(wordpress ? [...wordpressChecks, ...pageCacheChecks(site), ...cronChecks(site)] : []),
    ...(site.content === "shop" ? shopChecks(site) : []),
    ...directReturnChecks(site),
    ...(wordpress ? wordpressReturnChecks(site) : []),
    ...guardChecks(site),
    ...thresholdChecks(site),
    ...together("rest", [
      ...timeoutChecks(site),
      ...machineChecks(site),
      ...storageChecks(site),
      ...silenceChecks(site),
      ...pairChecks(site),
      ...sorryChecks(site),
      ...confinementChecks(site),
      ...updateChecks(site),
    ]),
    ...together("database", databaseChecks(site)),
    ...reachChecks(site),
    ...webFileChecks(site),
    ...backupChecks(site),
    ...drainChecks(site),
    ...healthChecks(site),
    ...(wordpress ? staleChecks(site) : []),
    ...changingChecks(site),
  ];
}

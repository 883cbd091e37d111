/** Everything that `verify` proves of a site, in order; what does not apply to it is not among it. */
import { type SiteSettings, asBalanced } from "../settings/site";
import { applicationChecks, directReturnChecks } from "./applications";
import { backupChecks } from "./backup";
import type { Check } from "./check";
import { databaseChecks } from "./database";
import { distributionChecks, thresholdChecks } from "./distribution";
import { drainChecks } from "./drain";
import { confinementChecks, guardChecks } from "./guards";
import { healthChecks, sorryChecks } from "./health";
import { cronChecks } from "./cron";
import { changingChecks, machineChecks } from "./machines";
import { neighbourChecks, silenceChecks } from "./neighbours";
import { lineChecks, networkChecks } from "./networks";
import { pageCacheChecks, staleChecks } from "./pageCache";
import { pairChecks } from "./pair";
import { persistenceChecks, persistentClientsChecks } from "./persistence";
import { timeoutChecks } from "./persistenceTimeout";
import { reachChecks } from "./reach";
import { shopChecks } from "./shop";
import { storageChecks } from "./storage";
import { tableChecks } from "./table";
import { tlsChecks } from "./tls";
import { updateChecks } from "./updates";
import { webFileChecks } from "./webFiles";
import { wireChecks } from "./wire";
import { wordpressChecks, wordpressReturnChecks } from "./wordpress";

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

/** Everything that `verify` proves of a site, in order; what does not apply to it is not among it. */
import type { SiteSettings } from "../settings/site";
import { applicationChecks, directReturnChecks } from "./applications";
import type { Check } from "./check";
import { databaseChecks } from "./database";
import { distributionChecks, thresholdChecks } from "./distribution";
import { drainChecks } from "./drain";
import { changingChecks, machineChecks } from "./machines";
import { neighbourChecks, silenceChecks } from "./neighbours";
import { lineChecks, networkChecks } from "./networks";
import { persistenceChecks, persistentClientsChecks } from "./persistence";
import { timeoutChecks } from "./persistenceTimeout";
import { shopChecks } from "./shop";
import { storageChecks } from "./storage";
import { tableChecks } from "./table";
import { tlsChecks } from "./tls";
import { wireChecks } from "./wire";
import { wordpressChecks, wordpressReturnChecks } from "./wordpress";

const together = (name: string, checks: readonly Check[]): Check[] =>
  checks.map((check) => ({ ...check, together: name }));

export function checksFor(site: SiteSettings): Check[] {
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
    ...(wordpress ? wordpressChecks : []),
    ...(site.content === "shop" ? shopChecks(site) : []),
    ...directReturnChecks(site),
    ...(wordpress ? wordpressReturnChecks(site) : []),
    ...thresholdChecks(site),
    ...together("rest", [
      ...timeoutChecks(site),
      ...machineChecks(site),
      ...storageChecks(site),
      ...silenceChecks(site),
    ]),
    ...together("database", databaseChecks(site)),
    ...drainChecks(site),
    ...changingChecks(site),
  ];
}

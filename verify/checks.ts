/** Everything that `verify` proves, in order. */
import type { Check } from "./check";
import { lvsChecks } from "./lvs";
import { machineChecks } from "./machines";
import { wordpressChecks } from "./wordpress";

export const checks: readonly Check[] = [...wordpressChecks, ...lvsChecks, ...machineChecks];

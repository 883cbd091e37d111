/** How the real servers of a service are checked, with nothing left to decide. */
import { check as schema } from "../schema/availability";
import { type Application, type CheckSettings, isChecked, isWeb } from "../site";
import type { ServiceParts } from "./services";

const usualCheck = schema.parse({});

export function assembleCheck(
  { said, director }: ServiceParts,
  application: Application,
  servers: number,
): CheckSettings | undefined {
  const { type, timeoutSeconds, minHealthy, ...rest } = said.check ?? usualCheck;
  const usual = isWeb(application) ? (application as "http" | "https") : "tcp";
  const wanted = type ?? (said.protocol === "tcp" ? usual : "none");
  if (wanted === "none" || !isChecked(director)) return undefined;
  return {
    type: wanted,
    ...rest,
    timeoutSeconds: timeoutSeconds ?? rest.intervalSeconds,
    minHealthy: countOf(minHealthy, servers),
  };
}

/** A share is rounded up: half of three are two. */
function countOf(minHealthy: number | string, servers: number): number {
  if (typeof minHealthy === "number") return minHealthy;
  return Math.ceil((Number.parseInt(minHealthy, 10) / 100) * servers);
}

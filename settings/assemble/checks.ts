/** The health check of a service, with all defaults filled in. */
import { check as schema } from "../schema/availability";
import { type Application, type CheckSettings, type DirectorSettings, isChecked, isWeb } from "../site";
import type { StackFile } from "../schema";

const usualCheck = schema.parse({});

/** The service in its stack file, and the director that would check it. */
interface CheckedParts {
  readonly said: StackFile["services"][number];
  readonly director: DirectorSettings;
}

/**
 * The check of a service with its defaults. Undefined when nothing checks it. `servers` is the number of its real
 * servers.
 */
export function assembleCheck(
  { said, director }: CheckedParts,
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

/** Converts a percentage to a number of servers, rounded up: half of three is two. */
function countOf(minHealthy: number | string, servers: number): number {
  if (typeof minHealthy === "number") return minHealthy;
  return Math.ceil((Number.parseInt(minHealthy, 10) / 100) * servers);
}

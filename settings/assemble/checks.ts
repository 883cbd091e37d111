/** How the real servers of a service are checked, with nothing left to decide. */
import { check as schema } from "../schema/availability";
import { type Application, type CheckSettings, type DirectorSettings, isChecked, isWeb } from "../site";
import type { StackFile } from "../schema";

const usualCheck = schema.parse({});

/** The service as its stack file has it, and the director that would check it. */
interface CheckedParts {
  readonly said: StackFile["services"][number];
  readonly director: DirectorSettings;
}

/** The check of a service with its defaults. Undefined when nothing checks it. `servers` is how many real servers it has. */
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

/** A share is rounded up: half of three are two. */
function countOf(minHealthy: number | string, servers: number): number {
  if (typeof minHealthy === "number") return minHealthy;
  return Math.ceil((Number.parseInt(minHealthy, 10) / 100) * servers);
}

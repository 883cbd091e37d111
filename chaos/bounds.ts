/** What a site promises for a fault. The limits follow from its own settings. */
import type { SiteSettings } from "../settings/site";
import { detectionSeconds } from "../verify/balancing/health";
import { type Observed, failed, longestGapSeconds } from "./measure";

export interface Bound {
  /** The promise with its arithmetic, or why there is none. */
  readonly text: string;
  /** Returns what broke the promise, or undefined when it was kept. Missing where nothing is promised. */
  readonly problem?: (observed: Observed) => string | undefined;
}

export const noBound = (text: string): Bound => ({ text });

export const noFailedRequest: Bound = {
  text: "no request fails",
  problem({ samples }) {
    const { length } = failed(samples);
    return length > 0 ? `${length} requests failed` : undefined;
  },
};

const rounded = (seconds: number): string => String(Math.round(seconds * 100) / 100);

/** The longest detection time of all services, in seconds. Undefined when a service has no health check: its failures never end. */
const slowestSeconds = ({ services }: SiteSettings): number | undefined =>
  services.every(({ check }) => check) ? Math.max(...services.map(detectionSeconds)) : undefined;

/** Requests in flight or due within these seconds may fail. Later ones, and those during recovery, may not. */
const failuresWithin = (limit: number, why: string): Bound => ({
  text: `failures within ${rounded(limit)} s, ${why}`,
  problem({ samples, marks }) {
    const late = failed(samples)
      .map(({ due }) => (due - marks.injected) / 1000)
      .filter((after) => after > limit);
    if (late.length === 0) return undefined;
    return `${late.length} requests failed later than that, the last ${rounded(Math.max(...late))} s after it`;
  },
});

export function realServerLost(site: SiteSettings): Bound {
  const limit = slowestSeconds(site);
  return limit === undefined
    ? noBound("none: no health checks")
    : failuresWithin(limit, "which the health checks take");
}

/** lvs-reconcile puts back within this time what clients notice. */
const repairSeconds = 10;

export const repaired = (): Bound => failuresWithin(repairSeconds, "in which the machine repairs itself");

/** Master_Down_Interval of RFC 9568, section 6.1, in seconds: how long a backup waits for an advertisement. Undefined for one director. */
export function masterDownSeconds({ vrrp }: SiteSettings): number | undefined {
  if (!vrrp) return undefined;
  const skew = ((256 - vrrp.priority) * vrrp.advertSeconds) / 256;
  return 3 * vrrp.advertSeconds + skew;
}

/** Factor on VRRP's own time: 30 % for ARP and for the first request of the new master. */
const allowance = 1.3;

/** The interval between two requests in seconds. A gap may be longer than the outage by this much. */
function periodSeconds({ samples }: Observed): number {
  const [first = 0, second = first] = samples.map(({ due }) => due).toSorted((a, b) => a - b);
  return (second - first) / 1000;
}

export function directorLost(site: SiteSettings): Bound {
  const arithmetic = masterDownSeconds(site);
  if (arithmetic === undefined) return noBound("none: one director alone");
  const limit = arithmetic * allowance;
  return {
    text: `gap within ${rounded(limit)} s: ${allowance} x VRRP's ${rounded(arithmetic)} s`,
    problem(observed) {
      const gap = longestGapSeconds(observed);
      return gap - periodSeconds(observed) > limit
        ? `no request was answered for ${rounded(gap)} s`
        : undefined;
    },
  };
}

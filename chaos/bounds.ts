/** What a site promises of a fault, by its own settings, and whether that was kept. */
import type { SiteSettings } from "../settings/site";
import { detectionSeconds } from "../verify/balancing/health";
import { type Observed, failed, longestGapSeconds } from "./measure";

export interface Bound {
  /** For people: what is promised, with the arithmetic, or why nothing is. */
  readonly text: string;
  /** What was seen instead; none when it was kept. A bound without is no promise. */
  readonly problem?: (observed: Observed) => string | undefined;
}

export const noBound = (text: string): Bound => ({ text });

export const noneFails: Bound = {
  text: "no request fails",
  problem({ samples }) {
    const { length } = failed(samples);
    return length > 0 ? `${length} requests failed` : undefined;
  },
};

const rounded = (seconds: number): string => String(Math.round(seconds * 100) / 100);

/** The longest of all services'; none where one is not checked, for that is never mended. */
const slowestSeconds = ({ services }: SiteSettings): number | undefined =>
  services.every(({ check }) => check) ? Math.max(...services.map(detectionSeconds)) : undefined;

/** Requests under way, and those of the time that the checks take, may fail: none that are due later, nor at its return. */
export function realServerLost(site: SiteSettings): Bound {
  const limit = slowestSeconds(site);
  if (limit === undefined) return noBound("none: no health checks");
  return {
    text: `failures within ${rounded(limit)} s, which the health checks take`,
    problem({ samples, marks }) {
      const late = failed(samples)
        .map(({ due }) => (due - marks.injected) / 1000)
        .filter((after) => after > limit);
      if (late.length === 0) return undefined;
      return `${late.length} requests failed later than that, the last ${rounded(Math.max(...late))} s after it`;
    },
  };
}

/** RFC 9568, 6.1: how long a backup waits for the master's next advertisement. */
export function masterDownSeconds({ vrrp }: SiteSettings): number | undefined {
  if (!vrrp) return undefined;
  const skew = ((256 - vrrp.priority) * vrrp.advertSeconds) / 256;
  return 3 * vrrp.advertSeconds + skew;
}

/** VRRP's own time, and a third of it for what the field takes. */
const allowance = 1.3;

/** Between two requests: as much longer than an outage a gap may be, for that may begin right before one. */
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
      return gap - periodSeconds(observed) > limit ? `nobody was answered for ${rounded(gap)} s` : undefined;
    },
  };
}

/** Settings and timer of wp-cron on real servers. */
import type { RealServerSettings, SiteSettings } from "../settings/site";

/**
 * cron.conf, which `lvs-cron` reads. A real server that has not completed a run for two intervals loses the lease,
 * and another one can be elected.
 */
export const cronConf = ({ wordpress }: SiteSettings): string =>
  `LEASE_SECONDS=${2 * wordpress.cronIntervalSeconds}\n`;

/** Multiples of it modulo 1 are evenly spread, for any number of them. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** A drop-in for systemd.timer(5). Each real server starts at its own time, computed from its address. */
export function cronTimer({ wordpress }: SiteSettings, { address }: RealServerSettings): string {
  const seconds = wordpress.cronIntervalSeconds;
  const part = (Number(address.split(".").at(-1)) * goldenRatio) % 1;
  return `[Timer]
OnActiveSec=
OnActiveSec=${Math.round(seconds * part)}s
OnUnitActiveSec=${seconds}s
`;
}

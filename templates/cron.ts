/** When real servers run what WordPress has due. */
import type { RealServerSettings, SiteSettings } from "../settings/site";

/** What `lvs-cron` reads: who has not run it for this long is not elected any more. */
export const cronConf = ({ wordpress }: SiteSettings): string =>
  `LEASE_SECONDS=${2 * wordpress.cronIntervalSeconds}\n`;

/** Multiples of it are far apart modulo 1, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** systemd.timer(5), a drop-in: each real server asks at a time of its own, which its address decides. */
export function cronTimer({ wordpress }: SiteSettings, { address }: RealServerSettings): string {
  const seconds = wordpress.cronIntervalSeconds;
  const part = (Number(address.split(".").at(-1)) * goldenRatio) % 1;
  return `[Timer]
OnActiveSec=
OnActiveSec=${Math.round(seconds * part)}s
OnUnitActiveSec=${seconds}s
`;
}

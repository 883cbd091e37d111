/** Security updates: armed where they are wanted, and from where they may come. */
import { type SiteSettings, machinesOf } from "../settings/site";
import { type Check, expect } from "./check";

/** apt's own reading of its files, and systemd's of its timers. */
const armed = `systemctl is-active apt-daily.timer apt-daily-upgrade.timer
apt-config dump Unattended-Upgrade::Origins-Pattern | grep -F '::Origins-Pattern:: '
apt-config dump Unattended-Upgrade::Automatic-Reboot`;
const wanted = [
  "active",
  "active",
  'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
  'Unattended-Upgrade::Automatic-Reboot "false";',
].join("\n");

const updates = (site: SiteSettings): Check => ({
  id: "security-updates",
  claim:
    "each machine looks for security updates daily, in Debian's security archive alone, and never reboots for them",
  deadlineSeconds: 60,
  async prove(lab) {
    const machines = machinesOf(site);
    const seen = await Promise.all(machines.map(({ name }) => lab.tell(name, armed)));
    for (const [index, text] of seen.entries())
      expect(text === wanted, `${machines[index]!.name}: ${text.split("\n").join(", ")}`);
    const next = await lab.tell(
      "director",
      "systemctl list-timers --no-legend 'apt-daily*' | awk '{ print $2, $3, $(NF - 1) }'",
    );
    return `${machines.length} machines; the director's next: ${next.split("\n").join(", ")}`;
  },
});

export const updateChecks = (site: SiteSettings): Check[] => (site.securityUpdates ? [updates(site)] : []);

/** Claims about security updates: timers are enabled where wanted, only the security archive is used, and it can be reached. */
import { type SiteSettings, machinesOf } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure } from "../claim";
import { paired } from "../../settings/lists";

/** Prints apt's settings and the state of its timers. */
const armed = `systemctl is-active apt-daily.timer apt-daily-upgrade.timer
apt-config dump Unattended-Upgrade::Origins-Pattern | grep -F '::Origins-Pattern:: '
apt-config dump Unattended-Upgrade::Automatic-Reboot`;
const wanted = [
  "active",
  "active",
  'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
  'Unattended-Upgrade::Automatic-Reboot "false";',
].join("\n");

/** Reads only the security archive, which is small, into separate lists. So it neither waits for the machine's own apt nor changes its lists. */
export const readArchiveDate = `new="$(mktemp -d)"
trap 'rm -r "$new"' EXIT
mkdir -p "$new/lists/partial"
chmod 755 "$new"
grep -- '-security main$' /etc/apt/sources.list >"$new/sources.list"
apt-get update -qq --error-on=any -o Dir::Etc::SourceList="$new/sources.list" -o Dir::Etc::SourceParts=/dev/null \\
  -o Dir::State::Lists="$new/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \\
  -o Acquire::Retries=0 -o Acquire::http::Timeout=20
sed -n 's/^Date: //p' "$new"/lists/*_InRelease`;

/** The date of the security archive that a machine reads. */
async function archiveDate(running: RunningSite, name: string, from: string): Promise<string> {
  const { code, stdout, stderr } = await running.exec(name, `set -euo pipefail\n${readArchiveDate}`, 150_000);
  const said = (stderr || stdout).trim().split("\n").join("; ");
  ensure(code === 0, `${name} cannot read ${from}: ${said || `exit ${code}`}`);
  return stdout.trim();
}

const updates = (site: SiteSettings): Claim => ({
  id: "security-updates",
  text: "each machine looks for security updates daily, in Debian's security archive alone, which it can read, and never reboots for them",
  async prove(running) {
    const machines = machinesOf(site);
    const seen = await Promise.all(machines.map(({ name }) => running.execOk(name, armed)));
    for (const [{ name }, text] of paired(machines, seen))
      ensure(text === wanted, `${name}: ${text.split("\n").join(", ")}`);
    const from = `${site.debianMirror}-security`;
    const dates = await Promise.all(machines.map(({ name }) => archiveDate(running, name, from)));
    const next = await running.execOk(
      "director",
      "systemctl list-timers --no-legend 'apt-daily*' | awk '{ print $2, $3, $(NF - 1) }'",
    );
    return `${machines.length} machines read ${from} of ${[...new Set(dates)].join(" and ")}; the director's next: ${next.split("\n").join(", ")}`;
  },
});

export const updateClaims = (site: SiteSettings): Claim[] => (site.securityUpdates ? [updates(site)] : []);

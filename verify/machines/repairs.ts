/** Claims about repairs: what a person or a program takes away from a machine is put back. */
import type { RunningSite } from "../../running/runningSite";
import { type MachineSettings, type SiteSettings, directorsOf, machinesOf } from "../../settings/site";
import { type Claim, eventually } from "../claim";

/** Timeouts show in no file: lvs-reconcile looks at them every 15 seconds. A busy, emulated machine takes longer. */
const longestSeconds = 120;

interface Breakage {
  /** Bash commands. */
  readonly breaks: string;
  readonly isWhole: string;
  /** For a machine that does not repair it. */
  readonly mends: string;
}

/** Breaks something on a machine, waits until it is as before, and prints after how many seconds. Ends with 1 when it was not put back. */
const repairOf = ({
  breaks,
  isWhole,
  mends,
}: Breakage): string => `[[ "$(systemctl is-active lvs-reconcile)" == active && "$(lvs-reconcile --check)" != *off:* ]] ||
  { echo 'repairs are switched off, or lvs-reconcile does not run' >&2; exit 1; }
${breaks}
! { ${isWhole}; } >/dev/null 2>&1 || { echo 'it could not be broken' >&2; exit 1; }
SECONDS=0
until { ${isWhole}; } >/dev/null 2>&1; do
  ((SECONDS < ${longestSeconds})) || { ${mends}; echo 'it is not put back within ${longestSeconds} s' >&2; exit 1; }
  sleep 0.5
done
echo "$SECONDS"`;

/** The same on several machines at a time. Resolves with the seconds after which each was as before. */
async function repairedOn(
  running: RunningSite,
  machines: readonly MachineSettings[],
  script: string,
): Promise<string> {
  const repaired = machines.map(async ({ name }) => {
    const seconds = await running.execOk(name, script, (longestSeconds + 30) * 1000);
    return `${name} after ${seconds} s`;
  });
  return (await Promise.all(repaired)).join(", ");
}

/** Harmless for clients: without its firewall a machine lets everything through. */
const firewall = (site: SiteSettings): Claim => ({
  id: "repairs:firewall",
  text: "a firewall that somebody deletes is put back by its machine",
  waitsSeconds: longestSeconds,
  prove: (running) =>
    repairedOn(
      running,
      machinesOf(site),
      repairOf({
        breaks: "nft delete table inet lvs_firewall",
        isWhole: "nft list table inet lvs_firewall",
        mends: "nft -f /etc/nftables.conf",
      }),
    ),
});

/** Harmless for clients: the timeouts are longer for a moment. */
const timeouts = (site: SiteSettings): Claim => ({
  id: "repairs:timeouts",
  text: "a director puts its IPVS timeouts back, and its journal has a line about it",
  waitsSeconds: longestSeconds,
  async prove(running) {
    const { tcpSeconds, tcpFinSeconds, udpSeconds } = site.director.timeouts;
    const rest = `${tcpFinSeconds} ${udpSeconds}`;
    const script = repairOf({
      breaks: `ipvsadm --set ${tcpSeconds + 60} ${rest}`,
      isWhole: `[[ "$(ipvsadm -Ln --timeout)" == *": ${tcpSeconds} ${rest}" ]]`,
      mends: `ipvsadm --set ${tcpSeconds} ${rest}`,
    });
    const seen = await repairedOn(running, directorsOf(site), script);
    const journal = "journalctl -q -t lvs-reconcile -o cat --no-pager | grep -c '^repaired: the timeouts'";
    // The line comes when the whole repair has ended, which is a moment after the timeouts are right.
    await eventually(60, () => running.execOk(site.director.name, journal));
    return seen;
  },
});

export const firewallRepairClaims = (site: SiteSettings): Claim[] =>
  site.reconcile && site.firewall ? [firewall(site)] : [];

export const timeoutRepairClaims = (site: SiteSettings): Claim[] => (site.reconcile ? [timeouts(site)] : []);

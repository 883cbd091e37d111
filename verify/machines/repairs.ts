/** Claims about repairs: what a person or a program takes away from a machine is put back. */
import { type SiteSettings, directorsOf, machinesOf } from "../../settings/site";
import type { Claim } from "../claim";

/** Timeouts show in no file: lvs-reconcile looks at them every half minute. A busy, emulated machine takes longer. */
const longestSeconds = 120;

/** Breaks something on a machine, waits until it is as before, and prints after how many seconds. Ends with 1 when it stays broken. */
const repairOf = (breaks: string, isWhole: string): string => `${breaks}
! { ${isWhole}; } >/dev/null 2>&1 || { echo 'it could not be broken' >&2; exit 1; }
SECONDS=0
until { ${isWhole}; } >/dev/null 2>&1; do
  ((SECONDS < ${longestSeconds})) || { echo 'it is not put back within ${longestSeconds} s' >&2; exit 1; }
  sleep 0.5
done
echo "$SECONDS"`;

/** Harmless for clients: a firewall that is away lets everything through, and the timeouts are longer for a moment. */
const firewall = repairOf("nft delete table inet lvs_firewall", "nft list table inet lvs_firewall");

function timeouts({ timeouts: { tcpSeconds, tcpFinSeconds, udpSeconds } }: SiteSettings["director"]): string {
  const wanted = `${tcpSeconds} ${tcpFinSeconds} ${udpSeconds}`;
  const other = `${tcpSeconds + 60} ${tcpFinSeconds} ${udpSeconds}`;
  return repairOf(`ipvsadm --set ${other}`, `[[ "$(ipvsadm -Ln --timeout)" == *": ${wanted}" ]]`);
}

const repairs = (site: SiteSettings): Claim => ({
  id: "repairs",
  text: `what is taken away from a machine is put back: ${site.firewall ? "its firewall, and " : ""}a director's timeouts`,
  waitsSeconds: 2 * longestSeconds,
  async prove(running) {
    const onEach = async (names: readonly string[], script: string): Promise<string> => {
      const seconds = await Promise.all(
        names.map((name) => running.execOk(name, script, (longestSeconds + 30) * 1000)),
      );
      return names.map((name, index) => `${name} after ${seconds[index]} s`).join(", ");
    };
    const directors = directorsOf(site).map(({ name }) => name);
    const seen = [`the timeouts on ${await onEach(directors, timeouts(site.director))}`];
    if (site.firewall) {
      const machines = machinesOf(site).map(({ name }) => name);
      seen.unshift(`the firewall on ${await onEach(machines, firewall)}`);
    }
    const journal = "journalctl -q -t lvs-reconcile -o cat --no-pager | grep -c '^repaired: the timeouts'";
    await running.execOk(site.director.name, journal);
    return seen.join("; ");
  },
});

export const repairClaims = (site: SiteSettings): Claim[] => (site.reconcile ? [repairs(site)] : []);

/** How faults are injected and undone. To undo a fault that is not there does no harm. */
import { libvirtNameOf } from "../settings/hypervisor";
import { type RunningSite, cutOff, execHere } from "../running/runningSite";
import { eventually, ensure } from "../verify/claim";

/** What virsh says when the machine is in the wanted state already. */
const isSo = /already active|not running|not paused|already running|domain is not running/i;

export async function virsh(
  { site }: RunningSite,
  verb: string,
  machine: string,
  ...args: string[]
): Promise<void> {
  const domain = libvirtNameOf(site, { name: machine });
  const { code, stderr } = await execHere(["virsh", "-q", "-c", site.hypervisor.uri, verb, domain, ...args]);
  if (code !== 0 && !isSo.test(stderr)) throw new Error(`virsh ${verb} ${domain}: ${stderr.trim()}`);
}

type Machines = readonly string[];

const each = (machines: Machines, act: (machine: string) => Promise<unknown>): Promise<void> =>
  Promise.all(machines.map(act)).then(() => undefined);

/** Runs a script on each machine as root. The script ends at its first error. @throws when it fails on a machine */
export const execOnAll = (
  running: RunningSite,
  machines: Machines,
  script: string,
  timeoutMs?: number,
): Promise<void> => each(machines, (machine) => running.execOk(machine, `set -e\n${script}`, timeoutMs));

/** Cuts the power: the machine writes and sends nothing more. */
export const powerOff = (running: RunningSite, machines: Machines): Promise<void> =>
  each(machines, async (machine) => {
    await virsh(running, "destroy", machine);
    await running.hangUp(machine);
  });

/** Runs a virsh command on each machine's domain. @throws Error when one fails, unless the domain is so already */
export const virshOnAll = (
  running: RunningSite,
  machines: Machines,
  verb: string,
  ...args: string[]
): Promise<void> => each(machines, (machine) => virsh(running, verb, machine, ...args));

export const powerOn = (running: RunningSite, machines: Machines): Promise<void> =>
  virshOnAll(running, machines, "start");

/** Reboots machines. Resolves when they are down: before that they would still be found well. */
export const reboot = (running: RunningSite, machines: Machines): Promise<void> =>
  each(machines, async (machine) => {
    const { code, stderr } = await running.exec(machine, "systemctl reboot");
    if (code !== 0 && code !== cutOff) throw new Error(`${machine}: ${stderr.trim()}`);
    await running.hangUp(machine);
    await eventually(30, async () => {
      ensure((await running.exec(machine, "true", 5000)).code !== 0, `${machine} does not go down`);
      return "gone";
    });
  });

/** Drops the packets that match, on the machine itself and before its own rules. ssh still works. */
export const drop = (running: RunningSite, machines: Machines, { input = "", output = "" }): Promise<void> =>
  execOnAll(
    running,
    machines,
    `nft -f - <<'RULES'
table inet lvs_chaos
delete table inet lvs_chaos
table inet lvs_chaos {
  chain input { type filter hook input priority -300; ${input && `${input} drop;`} }
  chain output { type filter hook output priority -300; ${output && `${output} drop;`} }
}
RULES`,
  );

export const restoreTraffic = (running: RunningSite, machines: Machines): Promise<void> =>
  execOnAll(running, machines, "nft delete table inet lvs_chaos 2>/dev/null || true");

/** Fills the disk of a folder with one file, up to what others than root may use. The file takes no space on the hypervisor. */
export const fillDisk = (running: RunningSite, machines: Machines, folder: string): Promise<void> =>
  execOnAll(
    running,
    machines,
    `left() { df --output=avail -B1 '${folder}' | tail -n1; }
for less in 0 1048576; do
  # A file that does not quite fit fills the disk, or is not made at all.
  (($(left) < 2097152)) || fallocate -l "$(($(left) - less))" '${folder}/lvs-chaos' 2>/dev/null || true
done
(($(left) < 2097152)) || { echo "$(left) bytes are still free" >&2; exit 1; }`,
  );

export const freeDisk = (running: RunningSite, machines: Machines, folder: string): Promise<void> =>
  execOnAll(running, machines, `rm -f '${folder}/lvs-chaos'`);

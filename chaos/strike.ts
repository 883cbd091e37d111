/** The ways in which faults are made, each with what takes it back; taking back what is not there does no harm. */
import { type RunningSite, cutOff, execHere } from "../running/runningSite";
import { eventually, ensure } from "../verify/claim";

/** What virsh says to what is so already. */
const isSo = /already active|not running|not paused|already running|domain is not running/i;

export async function virsh(
  { site }: RunningSite,
  verb: string,
  machine: string,
  ...args: string[]
): Promise<void> {
  const domain = `lvs-${site.stack}-${machine}`;
  const { code, stderr } = await execHere(["virsh", "-q", "-c", site.hypervisor.uri, verb, domain, ...args]);
  if (code !== 0 && !isSo.test(stderr)) throw new Error(`virsh ${verb} ${domain}: ${stderr.trim()}`);
}

type Machines = readonly string[];

const each = (machines: Machines, act: (machine: string) => Promise<unknown>): Promise<void> =>
  Promise.all(machines.map(act)).then(() => undefined);

/** Runs a script on each machine, as root; what fails in it ends it. */
export const tellAll = (
  running: RunningSite,
  machines: Machines,
  script: string,
  timeoutMs?: number,
): Promise<void> => each(machines, (machine) => running.execOk(machine, `set -e\n${script}`, timeoutMs));

/** The plug pulled: nothing is written or told any more. */
export const powerOff = (running: RunningSite, machines: Machines): Promise<void> =>
  each(machines, async (machine) => {
    await virsh(running, "destroy", machine);
    await running.hangUp(machine);
  });

export const powerOn = (running: RunningSite, machines: Machines): Promise<void> =>
  each(machines, (machine) => virsh(running, "start", machine));

/** It has begun once the machine has ended: until then it would be found well. */
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

/** Packets that match are dropped on the machine itself, in front of its own rules; ssh goes on. */
export const drop = (running: RunningSite, machines: Machines, { input = "", output = "" }): Promise<void> =>
  tellAll(
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

export const letThrough = (running: RunningSite, machines: Machines): Promise<void> =>
  tellAll(running, machines, "nft delete table inet lvs_chaos 2>/dev/null || true");

/** All that a folder's disk has left for others than root, given to one file that costs the hypervisor nothing. */
export const fillDisk = (running: RunningSite, machines: Machines, folder: string): Promise<void> =>
  tellAll(
    running,
    machines,
    `left() { df --output=avail -B1 '${folder}' | tail -n1; }
for less in 0 1048576; do
  # One that does not quite fit leaves all that does, or nothing.
  (($(left) < 2097152)) || fallocate -l "$(($(left) - less))" '${folder}/lvs-chaos' 2>/dev/null || true
done
(($(left) < 2097152)) || { echo "$(left) bytes are still free" >&2; exit 1; }`,
  );

export const freeDisk = (running: RunningSite, machines: Machines, folder: string): Promise<void> =>
  tellAll(running, machines, `rm -f '${folder}/lvs-chaos'`);

/** Starts machines that are powered off. */
import { spawnSync } from "node:child_process";
import { libvirtNameOf } from "../settings/hypervisor";
import { type MachineSettings, type SiteSettings, machinesOf } from "../settings/site";
import { besideMachines } from "./beside";
import { UserError } from "./userError";
import type { NonEmpty } from "../settings/lists";

/** Access to the hypervisor, and a test whether a machine answers. */
export interface Power {
  readonly virsh: (...args: string[]) => string;
  readonly answers: (machine: MachineSettings) => boolean;
}

/**
 * Starts the site's machines that exist and are off, after a crash or promote-db. Returns their names. The database's replica
 * starts last, because it may have been the primary when it stopped, and has to find the present primary.
 * @throws UserError when the primary does not answer
 */
export function startMachines(site: SiteSettings, power = powerOf(site)): string[] {
  const { mysql, replica } = site;
  const domain = (machine: MachineSettings) => libvirtNameOf(site, machine);
  const start = (machine: MachineSettings): string => {
    power.virsh("autostart", domain(machine));
    power.virsh("start", domain(machine));
    return machine.name;
  };
  const [all, off] = [[], ["--state-shutoff"]].map((state) =>
    power.virsh("list", "--all", ...state, "--name").split(/\s+/),
  ) as [string[], string[]];
  const isOff = (machine: MachineSettings) => off.includes(domain(machine));
  const started = machinesOf(site)
    .filter((machine) => machine.name !== replica?.name && isOff(machine))
    .map(start);
  if (!mysql || !replica || !isOff(replica)) return started;
  if (all.includes(domain(mysql)) && !power.answers(mysql))
    throw new UserError(
      `${mysql.name} does not answer; until it does ${replica.name}, which may hold older content, stays off`,
    );
  return [...started, start(replica)];
}

function powerOf({ hypervisor }: SiteSettings): Power {
  const run = (...command: NonEmpty<string>) => {
    const [program, ...words] = besideMachines(command);
    return spawnSync(program, words, { encoding: "utf8" });
  };
  return {
    virsh: (...args) => run("virsh", "-q", "-c", hypervisor.uri, ...args).stdout,
    // sshd answers when the machine has booted.
    answers: ({ address }) => {
      const knock = `until (exec 3<>/dev/tcp/${address}/22) 2>/dev/null; do sleep 1; done`;
      return run("timeout", "300", "bash", "-c", knock).status === 0;
    },
  };
}

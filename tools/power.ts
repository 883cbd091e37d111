/** Machines that are powered off. */
import { spawnSync } from "node:child_process";
import { type SiteSettings, machinesOf } from "../settings/site";
import { besideMachines } from "./project";

/** Starts the site's machines that are there and off: a crash left them so, or promote-db. Gives their names. */
export function startMachines(site: SiteSettings): string[] {
  const virsh = (...args: string[]) => {
    const [program, ...words] = besideMachines(["virsh", "-q", "-c", site.hypervisor.uri, ...args]);
    return spawnSync(program!, words, { encoding: "utf8" }).stdout.split(/\s+/);
  };
  const off = virsh("list", "--all", "--state-shutoff", "--name");
  const names = machinesOf(site).map(({ name }) => name);
  return names.filter((name) => {
    const domain = `lvs-${site.stack}-${name}`;
    if (!off.includes(domain)) return false;
    virsh("autostart", domain);
    virsh("start", domain);
    return true;
  });
}

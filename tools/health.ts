/** How the machines of a site are, as `status` shows it. */
import { type MachineSettings, machinesOf } from "../settings/site";
import type { Role } from "../settings/sizing";
import type { Lab } from "./lab";

export interface MachineHealth {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly reachable: boolean;
  readonly up: string;
  /** systemd's word (`active`, `inactive`, `failed`) for each service of the role. */
  readonly services: Readonly<Record<string, string>>;
}

const units: Record<Role, readonly string[]> = {
  director: ["lvs-director"],
  realServer: ["lvs-real-server", "nginx", "php8.2-fpm", "wordpress.mount"],
  nfs: ["nfs-server"],
  mysql: ["mariadb"],
};

export function gather(lab: Lab): Promise<MachineHealth[]> {
  return Promise.all(machinesOf(lab.site).map((machine) => health(lab, machine)));
}

async function health(lab: Lab, { name, role, address }: MachineSettings): Promise<MachineHealth> {
  const asked = units[role];
  // A unit that ran once is active for ever: what it set up is asked of the command that sets it up.
  const state = (unit: string) =>
    unit.startsWith("lvs-")
      ? `${unit} status >/dev/null && echo active || echo inactive`
      : `systemctl is-active ${unit}`;
  const script = ["cut -d. -f1 /proc/uptime", ...asked.map(state), "exit 0"].join("\n");
  const { code, stdout } = await lab.ask(name, script, 20_000);
  const [seconds, ...states] = stdout.trim().split("\n");
  if (code !== 0 || states.length !== asked.length)
    return { name, role, address, reachable: false, up: "", services: {} };
  const services = Object.fromEntries(
    asked.map((unit, index) => [unit.replace(/\.mount$/, ""), states[index]!]),
  );
  return { name, role, address, reachable: true, up: duration(Number(seconds)), services };
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

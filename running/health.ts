/** The health of a site's machines, as `status` shows it. */
import type { Role } from "../settings/roles";
import { type MachineSettings, machinesOf } from "../settings/site";
import { unitsOf } from "../templates/units";
import type { RunningSite } from "./runningSite";
import { paired } from "../settings/lists";

export interface MachineHealth {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly reachable: boolean;
  readonly up: string;
  /** The systemd state (`active`, `inactive`, `failed`) of each service of the role. */
  readonly services: Readonly<Record<string, string>>;
}

export function healthOf(running: RunningSite): Promise<MachineHealth[]> {
  return Promise.all(machinesOf(running.site).map((machine) => health(running, machine)));
}

async function health(running: RunningSite, machine: MachineSettings): Promise<MachineHealth> {
  const { name, role, address } = machine;
  const asked = Object.entries(unitsOf(running.site, machine));
  const units = asked.flatMap(([, names]) => names);
  // A oneshot unit stays active for ever. Its own command knows whether everything is still set up.
  const own = units.filter((unit) => /^lvs-(director|real-server)$/.test(unit));
  const others = units.filter((unit) => !own.includes(unit));
  const script = [
    "cut -d. -f1 /proc/uptime",
    ...own.map((unit) => `${unit} status >/dev/null && echo active || echo inactive`),
    ...(others.length > 0 ? [`systemctl is-active ${others.map((unit) => `'${unit}'`).join(" ")}`] : []),
    "exit 0",
  ].join("\n");
  const { code, stdout } = await running.exec(name, script);
  const [seconds, ...words] = stdout.trim().split("\n");
  if (code !== 0 || words.length !== units.length)
    return { name, role, address, reachable: false, up: "", services: {} };
  const states = new Map(paired([...own, ...others], words));
  const services = asked.map(([label, names]) => {
    const worst = names.map((unit) => states.get(unit)).find((state) => state !== "active");
    return [label, worst ?? "active"] as const;
  });
  return {
    name,
    role,
    address,
    reachable: true,
    up: duration(Number(seconds)),
    services: Object.fromEntries(services),
  };
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

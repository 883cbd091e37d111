/** The health of a site's machines, as `status` shows it. */
import type { Role } from "../settings/roles";
import {
  type MachineSettings,
  type SiteSettings,
  hasWeb,
  listenersOf,
  machinesOf,
  realServerOf,
} from "../settings/site";
import { sourceOf } from "../settings/webFiles";
import { webTree } from "../templates/nfsServer";
import { echoInstances } from "../templates/realServer";
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

/** The services of a machine by the name that `status` shows, each with its systemd units. All must be active. */
export function unitsOf(site: SiteSettings, machine: MachineSettings): Readonly<Record<string, string[]>> {
  if (!site.layDown) return {};
  switch (machine.role) {
    case "director":
      return directorUnits(site);
    case "sorryServer":
      return { "lvs-real-server": ["lvs-real-server"], nginx: ["nginx"] };
    case "realServer":
      return realServerUnits(site, machine.name);
    case "nfs":
      return { "nfs-server": ["nfs-server"], ...(sourceOf(site) && { lsyncd: ["lsyncd"] }) };
    case "source":
      return { lsyncd: ["lsyncd"] };
    case "mysql":
      return { mariadb: ["mariadb"] };
    case "client":
      return {};
  }
}

function directorUnits({ director, sorry }: SiteSettings): Record<string, string[]> {
  const { manager, health } = director;
  return {
    "lvs-director": ["lvs-director"],
    ...(manager === "keepalived" && { keepalived: ["keepalived"] }),
    ...(health === "ldirectord" && { ldirectord: ["ldirectord"] }),
    ...(sorry && !sorry.machine && { nginx: ["nginx"] }),
  };
}

function realServerUnits(site: SiteSettings, name: string): Record<string, string[]> {
  const server = realServerOf(site, name);
  const echo = echoInstances(site, server).map((instance) => `lvs-echo@${instance}`);
  const speaksFtp = listenersOf(site).some(({ application }) => application === "ftp");
  const mount = site.nfs && mountUnit(webTree(site).mounted);
  return {
    "lvs-real-server": ["lvs-real-server"],
    ...(hasWeb(site) && { nginx: ["nginx"] }),
    ...(hasWeb(site) && site.content === "wordpress" && { "nginx-tree": ["nginx-tree"] }),
    ...(hasWeb(site) && site.content !== "static" && { "php8.2-fpm": ["php8.2-fpm"] }),
    ...(hasWeb(site) && site.content === "wordpress" && { "lvs-cron": ["lvs-cron.timer"] }),
    ...(site.content === "shop" && { mariadb: ["mariadb"] }),
    ...(mount && { [mount.replaceAll("\\x2d", "-")]: [`${mount}.mount`] }),
    ...(speaksFtp && { vsftpd: ["vsftpd"] }),
    ...(echo.length > 0 && { "lvs-echo": echo }),
  };
}

/** The unit of a mount point, escaped as systemd-escape(1) does. */
const mountUnit = (path: string): string => path.slice(1).replaceAll("-", "\\x2d").replaceAll("/", "-");

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

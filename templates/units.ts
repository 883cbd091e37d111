/** The systemd units that must run on each machine. */
import {
  type MachineSettings,
  type SiteSettings,
  hasWeb,
  isChecked,
  listenersOf,
  realServerOf,
} from "../settings/site";
import { sourceOf } from "../settings/webFiles";
import { webTree } from "./nfsServer";
import { echoInstances } from "./realServer";

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
      return {
        "nfs-server": ["nfs-server"],
        ...(sourceOf(site) && { lsyncd: ["lsyncd"] }),
        ...(site.backup && { "lvs-backup": ["lvs-backup.timer"] }),
      };
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
    ...(isChecked(director) && { "lvs-watch": ["lvs-watch.timer"] }),
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
    ...(hasWeb(site) && site.content !== "static" && { "php-fpm": ["php-fpm"] }),
    ...(hasWeb(site) && site.content === "wordpress" && { "lvs-cron": ["lvs-cron.timer"] }),
    ...(site.content === "shop" && { mariadb: ["mariadb"] }),
    ...(mount && { [mount.replaceAll("\\x2d", "-")]: [`${mount}.mount`] }),
    ...(speaksFtp && { vsftpd: ["vsftpd"] }),
    ...(echo.length > 0 && { "lvs-echo": echo }),
  };
}

/** The unit of a mount point, escaped as systemd-escape(1) does. */
const mountUnit = (path: string): string => path.slice(1).replaceAll("-", "\\x2d").replaceAll("/", "-");

/** The same units for lvs-reconcile, one a line. It looks at mounts itself. */
export const unitsList = (site: SiteSettings, machine: MachineSettings): string =>
  Object.values(unitsOf(site, machine))
    .flat()
    .filter((unit) => !unit.endsWith(".mount"))
    .map((unit) => `${/\.(service|timer)$/.test(unit) ? unit : `${unit}.service`}\n`)
    .join("");

import {
  type RealServerSettings,
  type SiteSettings,
  withDrainedAtZero,
  hasWeb,
  weightedNames,
} from "../../settings/site";
import { heldVips } from "../../templates/realServer";
import type { RunningSite } from "../../running/runningSite";
import { withoutVip } from "../../verify/balancing/health";
import { noFailedRequest, realServerLost } from "../bounds";
import { type Fault, onEverySite, holdSeconds } from "../fault";
import { powerOff, powerOn, execOnAll } from "../strike";
import { fullDisk } from "./disk";
import { lastOf } from "../../settings/lists";

/** The last real server that gets clients. */
export function lastWeighted(site: SiteSettings): RealServerSettings {
  const weighted = withDrainedAtZero(site).services.flatMap(weightedNames);
  return site.realServers.findLast(({ name }) => weighted.includes(name)) ?? lastOf(site.realServers);
}

export const last = ({ site }: RunningSite): readonly string[] => [lastWeighted(site).name];

const vipsOfLast = (site: SiteSettings): string[] => heldVips(site, lastWeighted(site));

/** The command that removes a VIP, given as `VIP@DEVICE`. */
export const loseVip = (held: string): string =>
  withoutVip(...(held.split("@") as [vip: string, device: string]));

/** Whether the health checks of all services ask PHP. A check of /healthz asks nginx alone. */
const asksPhp = ({ services }: SiteSettings): boolean =>
  services.every(({ check }) => check?.path !== "/healthz");

export const realServerFaults: readonly Fault[] = [
  {
    name: "real-server-off",
    what: "a real server loses its power",
    applies: onEverySite,
    machines: last,
    inject: powerOff,
    holdSeconds: 1.5 * holdSeconds,
    undo: powerOn,
    bound: realServerLost,
  },
  {
    name: "nginx-stopped",
    what: "nginx is stopped on a real server",
    applies: hasWeb,
    machines: last,
    stays: true,
    inject: (running, machines) => execOnAll(running, machines, "systemctl stop nginx"),
    holdSeconds: 1.5 * holdSeconds,
    undo: (running, machines) => execOnAll(running, machines, "systemctl start nginx"),
    bound: realServerLost,
  },
  {
    name: "php-stopped",
    what: "php-fpm stands still (SIGSTOP) on a real server",
    applies: ({ content }) => content !== "static",
    machines: last,
    inject: (running, machines) => execOnAll(running, machines, "systemctl kill --signal=STOP php-fpm"),
    holdSeconds: 1.5 * holdSeconds,
    undo: (running, machines) => execOnAll(running, machines, "systemctl kill --signal=CONT php-fpm"),
    bound: (site) =>
      asksPhp(site) ? realServerLost(site) : { text: "none: the health check does not ask PHP" },
  },
  {
    name: "vip-missing",
    what: "a real server lacks its VIP",
    applies: (site) => vipsOfLast(site).length > 0,
    machines: last,
    stays: true,
    inject: (running, machines) =>
      execOnAll(running, machines, vipsOfLast(running.site).map(loseVip).join("\n")),
    holdSeconds: 1.5 * holdSeconds,
    undo: (running, machines) => execOnAll(running, machines, "lvs-real-server start"),
    bound: realServerLost,
  },
  {
    name: "disk-full",
    what: "a real server's disk is full",
    applies: onEverySite,
    machines: last,
    ...fullDisk("/var/tmp"),
    bound: () => noFailedRequest,
  },
];

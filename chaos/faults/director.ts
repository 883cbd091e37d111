import { directorsOf } from "../../settings/site";
import { activeDirectors } from "../../running/directors";
import type { RunningSite } from "../../running/runningSite";
import { directorLost, noBound } from "../bounds";
import { type Fault, onEverySite, holdSeconds } from "../fault";
import { drop, restoreTraffic, powerOff, powerOn, reboot, execOnAll, virshOnAll } from "../strike";

const active = (running: RunningSite): Promise<readonly string[]> => activeDirectors(running);

export const directorFaults: readonly Fault[] = [
  {
    name: "keepalived-killed",
    what: "keepalived dies of SIGKILL",
    applies: ({ director }) => director.manager === "keepalived",
    machines: active,
    inject: (running, machines) => execOnAll(running, machines, "pkill -KILL -x keepalived"),
    holdSeconds: 0,
    // A keepalived that starts has no real servers until its first checks: a lone director shows the sorry page meanwhile.
    bound: directorLost,
  },
  {
    name: "director-off",
    what: "the active director loses its power",
    applies: onEverySite,
    machines: active,
    inject: powerOff,
    holdSeconds,
    undo: powerOn,
    bound: directorLost,
  },
  {
    name: "director-frozen",
    what: "the active director stands still",
    applies: onEverySite,
    machines: active,
    inject: (running, machines) => virshOnAll(running, machines, "suspend"),
    holdSeconds,
    undo: (running, machines) => virshOnAll(running, machines, "resume"),
    bound: directorLost,
  },
  {
    name: "director-reboot",
    what: "the active director is rebooted",
    applies: onEverySite,
    machines: active,
    inject: reboot,
    holdSeconds: 0,
    bound: directorLost,
  },
  {
    name: "vrrp-lost",
    what: "the directors do not hear each other's VRRP",
    applies: (site) => directorsOf(site).length > 1,
    machines: ({ site }) => directorsOf(site).map(({ name }) => name),
    inject: (running, machines) => drop(running, machines, { input: "meta l4proto 112" }),
    holdSeconds,
    undo: restoreTraffic,
    bound: () => noBound("none: two directors hold the VIP"),
  },
];

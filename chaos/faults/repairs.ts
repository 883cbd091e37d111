/** Faults that machines repair by themselves: what a person or a program takes away from them. */
import { methodOf } from "../../settings/forwarding";
import { type SiteSettings, directorsOf, vipsOf } from "../../settings/site";
import { nicToward } from "../../settings/assemble/networks";
import { activeDirectors } from "../../running/directors";
import { directorVips } from "../../templates/director";
import { directorLost, noBound, noFailedRequest, realServerLost, repaired } from "../bounds";
import { type Fault, holdSeconds, repairsItself } from "../fault";
import { execOnAll, powerOff, virshOnAll } from "../strike";
import { fullDisk } from "./disk";
import { last, lastWeighted, loseVip } from "./realServer";
import { up } from "./site";

interface OnWire {
  readonly vip: string;
  readonly device: string;
}

/** The VIPs of IPv4 on the last real server's way to clients, each with the device to which neighbours speak. */
const vipsOnWire = (site: SiteSettings): OnWire[] => {
  const server = lastWeighted(site);
  return vipsOf(site)
    .filter((vip) => !vip.includes(":"))
    .filter((vip) =>
      server.nics.some(({ network }) => network === nicToward(site.networks, site.director, vip).network),
    )
    .map((vip) => ({ vip, device: nicToward(site.networks, server, vip).device }));
};

/** Runs the commands for the VIPs on the wire. */
const onWire =
  (commandOf: (one: OnWire) => string): Fault["inject"] =>
  (running, machines) =>
    execOnAll(running, machines, vipsOnWire(running.site).map(commandOf).join("\n"));

/** Tells all neighbours that this machine has the VIP. */
const claimed = ({ vip, device }: OnWire): string => `arping -q -U -c 3 -w 3 -I ${device} ${vip} || true`;

const holdsVips = ({ services }: SiteSettings): boolean =>
  services.some(({ forwarding }) => methodOf(forwarding).vipDevice === "lo");

export const repairFaults: readonly Fault[] = [
  {
    name: "table-flushed",
    what: "ipvsadm -C on the active director",
    applies: repairsItself,
    machines: activeDirectors,
    inject: (running, machines) => execOnAll(running, machines, "ipvsadm -C"),
    holdSeconds: 0,
    bound: repaired,
  },
  {
    name: "vip-deleted",
    what: "the active director loses its VIPs",
    applies: (site) => repairsItself(site) && directorVips(site, site.director).length > 0,
    machines: activeDirectors,
    inject: (running, machines) =>
      execOnAll(running, machines, directorVips(running.site, running.site.director).map(loseVip).join("\n")),
    holdSeconds: 0,
    // keepalived gives the other director all VIPs when one of them is gone.
    bound: (site) => (directorsOf(site).length > 1 ? directorLost(site) : repaired()),
  },
  {
    name: "nft-flushed",
    what: "nft flush ruleset on the active director and a real server",
    applies: (site) => repairsItself(site) && site.firewall,
    machines: async (running) => [...(await activeDirectors(running)), ...last(running)],
    inject: (running, machines) => execOnAll(running, machines, "nft flush ruleset"),
    holdSeconds: 0,
    bound: repaired,
  },
  {
    name: "arp-reset",
    what: "a real server's ARP sysctls are reset, and it announces the VIP",
    applies: (site) => repairsItself(site) && holdsVips(site) && vipsOnWire(site).length > 0,
    machines: last,
    inject: (running, machines) =>
      execOnAll(
        running,
        machines,
        [
          "for where in /proc/sys/net/ipv4/conf/*; do echo 0 >$where/arp_ignore; echo 0 >$where/arp_announce; done",
          ...vipsOnWire(running.site).map(claimed),
        ].join("\n"),
      ),
    holdSeconds: 0,
    bound: repaired,
  },
  {
    name: "address-conflict",
    what: "another machine answers for the VIP",
    applies: (site) => repairsItself(site) && vipsOnWire(site).length > 0,
    machines: last,
    inject: onWire((one) => `ip address replace ${one.vip}/32 dev ${one.device}\n${claimed(one)}`),
    holdSeconds: 1.5 * holdSeconds,
    undo: onWire(({ vip, device }) => `ip address flush dev ${device} to ${vip}`),
    bound: () => noBound("none: clients ask either of two machines"),
  },
  {
    name: "checks-hung",
    what: "keepalived's health checker stands still (SIGSTOP) on the active director",
    applies: (site) => repairsItself(site) && site.director.manager === "keepalived",
    machines: activeDirectors,
    inject: (running, machines) => execOnAll(running, machines, "kill -STOP $(cat /run/checkers.pid)"),
    holdSeconds: 0,
    bound: directorLost,
  },
  {
    name: "director-disk-full",
    what: "the active director's disk is full",
    applies: repairsItself,
    machines: activeDirectors,
    ...fullDisk("/var/tmp"),
    bound: () => noFailedRequest,
  },
  {
    name: "machine-deleted",
    what: "a real server's machine is deleted, and up runs",
    applies: repairsItself,
    machines: last,
    async inject(running, machines) {
      await powerOff(running, machines);
      await virshOnAll(running, machines, "undefine");
      await up(running);
    },
    holdSeconds: 0,
    bound: realServerLost,
  },
];

/** What LVS promises: distribution, the client's own address, ARP silence, replies that bypass the director. */
import type { Scheduler } from "../settings/schedulers";
import { ipvsRules } from "../templates/director";
import { type Lab, finished } from "../tools/lab";
import { type Check, expect } from "./check";

const requests = 40;

/** Requests, one connection each, counted by the real server that answered. */
async function distribution(lab: Lab, count: number, path = "/healthz"): Promise<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(
    lab.site.realServers.map(({ name }) => [name, 0]),
  );
  for (let index = 0; index < count; index += 1) {
    const { status, headers } = await lab.get(path, { timeoutMs: 10_000 });
    expect(status === 200, `request ${index + 1} of ${count} was answered ${status}`);
    counts[String(headers["x-real-server"])]! += 1;
  }
  return counts;
}

/** What a scheduler owes each real server for `total` requests; undefined where it depends on more than the count. */
export function expectedShares(
  scheduler: Scheduler,
  servers: readonly { readonly name: string; readonly weight: number }[],
  total: number,
): Record<string, number> | undefined {
  const active = servers.filter(({ weight }) => weight > 0);
  const parts = scheduler === "wrr" ? active.reduce((sum, { weight }) => sum + weight, 0) : active.length;
  if ((scheduler !== "rr" && scheduler !== "wrr") || parts === 0) return undefined;
  const share = (weight: number) => (weight === 0 ? 0 : (total / parts) * (scheduler === "wrr" ? weight : 1));
  return Object.fromEntries(servers.map(({ name, weight }) => [name, share(weight)]));
}

/** The largest number of requests up to forty that is whole cycles of the scheduler. */
export function wholeCycles(scheduler: Scheduler, weights: readonly number[]): number {
  const active = weights.filter((weight) => weight > 0);
  const sum = scheduler === "wrr" ? active.reduce((total, weight) => total + weight, 0) : active.length;
  const cycle = Math.max(1, sum);
  return Math.max(cycle, requests - (requests % cycle));
}

const text = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");

export const lvsChecks: readonly Check[] = [
  {
    id: "ipvs-table",
    claim: "the kernel's IPVS table is the one that the settings say",
    deadlineSeconds: 20,
    async prove(lab) {
      const sorted = (rules: string) =>
        rules
          .trim()
          .split("\n")
          .map((line) => line.trim())
          .sort()
          .join("\n");
      const live = await lab.tell("director", "ipvsadm -Sn");
      const wanted = ipvsRules(lab.site);
      expect(sorted(live) === sorted(wanted), `the table is\n${live}\nand not\n${wanted}`);
      return live
        .split("\n")
        .map((line) => line.trim())
        .join("; ");
    },
  },
  {
    id: "distribution",
    claim: "connections go to the real servers as the scheduler says",
    deadlineSeconds: 60,
    async prove(lab) {
      const { scheduler } = lab.site.services[0]!;
      const total = wholeCycles(
        scheduler,
        lab.site.realServers.map(({ weight }) => weight),
      );
      const counts = await distribution(lab, total);
      const shares = expectedShares(scheduler, lab.site.realServers, total);
      if (shares)
        expect(text(counts) === text(shares), `${scheduler} gave ${text(counts)}, and owes ${text(shares)}`);
      const idle = lab.site.realServers.filter(({ name, weight }) => weight === 0 && counts[name]! > 0);
      expect(idle.length === 0, `weight 0 got connections: ${text(counts)}`);
      return `${total} requests by ${scheduler}: ${text(counts)}`;
    },
  },
  {
    id: "client-address",
    claim: "each real server sees the client's own address",
    deadlineSeconds: 60,
    async prove(lab) {
      const marker = `/?lvs-verify=${Date.now()}`;
      const servers = lab.site.realServers.filter(({ weight }) => weight > 0);
      for (let index = 0; index < servers.length * 4; index += 1)
        await lab.get(`/license.txt${marker.slice(1)}`);
      const seen = await Promise.all(
        servers.map(async ({ name }) => {
          const lines = await lab.tell(
            name,
            `grep -F '${marker.slice(2)}' /var/log/nginx/access.log | cut -d' ' -f2 | sort -u`,
          );
          return `${name} saw ${lines.split("\n").join(" ") || "no request"}`;
        }),
      );
      const right = servers.map(({ name }) => `${name} saw ${lab.site.network.gateway}`);
      expect(seen.join() === right.join(), seen.join(", "));
      return seen.join(", ");
    },
  },
  {
    id: "arp",
    claim: "exactly one MAC answers ARP for the VIP: the director's",
    deadlineSeconds: 30,
    async prove(lab) {
      const { stdout } = await finished([
        ...(process.getuid?.() === 0 ? [] : ["sudo"]),
        "arping",
        "-b",
        "-c",
        "4",
        "-w",
        "6",
        "-I",
        lab.site.network.bridge,
        lab.vip,
      ]);
      const macs = [
        ...new Set([...stdout.matchAll(/\[([0-9A-F:]{17})\]/gi)].map((match) => match[1]!.toLowerCase())),
      ];
      expect(
        macs.length === 1 && macs[0] === lab.site.director.mac,
        `ARP for ${lab.vip} was answered by ${macs.join(", ") || "nobody"}`,
      );
      return `${lab.vip} is at ${macs[0]} alone`;
    },
  },
  {
    id: "direct-return",
    claim: "replies bypass the director",
    deadlineSeconds: 60,
    async prove(lab) {
      const sent = async () =>
        Number(await lab.tell("director", "cat /sys/class/net/eth0/statistics/tx_bytes"));
      const before = await sent();
      let received = 0;
      for (let index = 0; index < 4; index += 1) {
        const { body } = await lab.get("/wp-includes/js/jquery/jquery.js");
        received += body.length;
      }
      const passed = (await sent()) - before;
      expect(received > 100_000, `only ${received} bytes came`);
      expect(
        passed < received / 4,
        `the director sent ${passed} bytes while the client received ${received}`,
      );
      return `the client received ${received} bytes while the director sent ${passed}`;
    },
  },
  {
    id: "real-servers",
    claim: "each real server holds the VIP on lo with ARP kept quiet",
    deadlineSeconds: 30,
    async prove(lab) {
      const held = await Promise.all(
        lab.site.realServers.map(
          async ({ name }) => `${name}: ${await lab.tell(name, "lvs-real-server status")}`,
        ),
      );
      return held.join(", ");
    },
  },
];

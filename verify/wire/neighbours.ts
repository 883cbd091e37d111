/** Claims about VIPs on the network: only the director answers ARP and NDP, real servers are silent, and there are no ICMP redirects. */
import { connect } from "node:net";
import { networkOf, nicToward } from "../../settings/assemble/networks";
import { methodOf } from "../../settings/forwarding";
import { type SiteSettings, type VirtualServiceSettings, vipsOf } from "../../settings/site";
import { execHere } from "../../running/runningSite";
import { capture, privileged } from "./capture";
import { type Claim, ensure } from "../claim";

/** The only MAC that may answer: that of the director's NIC on the VIP's network. */
const rightMac = ({ director, networks }: SiteSettings, vip: string): string =>
  nicToward(networks, director, vip).mac;

function judgeMacs(site: SiteSettings, vip: string, how: string, answers: readonly string[]): string {
  const macs = [...new Set(answers)];
  const right = macs.length === 1 && macs[0] === rightMac(site, vip);
  ensure(right, `${how} for ${vip} was answered by ${macs.join(", ") || "nobody"}`);
  return `${vip} is at ${macs.join()} alone, which answered ${answers.length} times`;
}

const arp = (site: SiteSettings): Claim[] =>
  vipsOf(site)
    .filter((vip) => !vip.includes(":"))
    .map((vip) => ({
      id: `arp:${vip}`,
      text: `exactly one MAC answers ARP for ${vip}: the director's`,
      async prove() {
        const { bridge } = networkOf(site.networks, vip);
        const { stdout, stderr } = await execHere(
          privileged(["arping", "-b", "-c", "3", "-w", "5", "-I", bridge, vip]),
        );
        const answers = [...stdout.matchAll(/\[([0-9A-F:]{17})\]/gi)].map(([, mac = ""]) =>
          mac.toLowerCase(),
        );
        ensure(answers.length > 0 || stderr === "", stderr.trim());
        return judgeMacs(site, vip, "ARP", answers);
      },
    }));

const ndp = (site: SiteSettings): Claim[] =>
  vipsOf(site)
    .filter((vip) => vip.includes(":"))
    .map((vip) => ({
      id: `ndp:${vip}`,
      text: `exactly one MAC answers neighbour solicitations for ${vip}: the director's`,
      async prove() {
        const { bridge } = networkOf(site.networks, vip);
        const { frames } = await capture([bridge], "icmp6 and ip6[40] == 136", async () => {
          for (let round = 0; round < 3; round += 1) {
            await execHere(privileged(["ip", "-6", "neigh", "flush", "to", vip, "dev", bridge]));
            await knock(vip);
          }
        });
        const answers = frames.filter(({ text }) => text.includes(`tgt is ${vip},`)).map(({ by }) => by);
        return judgeMacs(site, vip, "neighbour solicitation", answers);
      },
    }));

/** Makes the kernel resolve an address to its MAC. The result of the connection does not matter. */
const knock = (address: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(9, address);
    const done = () => {
      socket.destroy();
      resolve();
    };
    socket.on("error", done).on("connect", done).setTimeout(1500, done);
  });

const holdsVip = ({ forwarding }: VirtualServiceSettings): boolean =>
  methodOf(forwarding).vipDevice !== undefined;

const holders = (site: SiteSettings): string[] => [
  ...new Set(
    site.services.filter(holdsVip).flatMap(({ destinations }) => destinations.map(({ name }) => name)),
  ),
];

const silence = (site: SiteSettings): Claim => ({
  id: "real-servers",
  text: "each real server that holds a VIP does not announce it",
  async prove(running) {
    const held = await Promise.all(
      holders(site).map(async (name) => {
        const status = await running.execOk(name, "lvs-real-server status");
        return `${name}: ${status.split("\n").join(", ")}`;
      }),
    );
    return held.join("; ");
  },
});

/** Counts since the director's boot. */
const redirectCounters = `awk '/^Icmp:/ { if (column) print $column; else for (i = 1; i <= NF; i++) if ($i == "OutRedirects") column = i }' /proc/net/snmp
awk '$1 == "Icmp6OutRedirects" { print $2 }' /proc/net/snmp6`;

const redirects: Claim = {
  id: "redirects",
  text: "the director has sent no ICMP redirect",
  async prove(running) {
    const counters = (await running.execOk(running.site.director.name, redirectCounters)).split("\n");
    ensure(
      counters.length === 2 && counters.every((counter) => counter === "0"),
      `redirects sent, IPv4 and IPv6: ${counters.join(", ")}`,
    );
    return "0 redirects over IPv4, 0 over IPv6";
  },
};

export const neighbourClaims = (site: SiteSettings): Claim[] => [...arp(site), ...ndp(site)];

/** Claims that are read from the machines themselves. */
export const silenceClaims = (site: SiteSettings): Claim[] => [
  ...(holders(site).length > 0 ? [silence(site)] : []),
  redirects,
];

/** Claims about each machine: only the ports of its role, and scripts that may run twice. */
import { portsIn } from "../../settings/ports";
import {
  type ListenerSettings,
  type MachineSettings,
  type RealServerSettings,
  type SiteSettings,
  onlyServers,
  bracketed,
  hasWeb,
  listenersOf,
  machinesOf,
  vipsOf,
} from "../../settings/site";
import { echoInstances, heldVips } from "../../templates/realServer";
import { directorListeners, metricsPort, sorryListeners } from "../../templates/sorryServer";
import { healthOf } from "../../running/health";
import { differenceLines, machineStates } from "../../running/reconcile";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { firewallRepairClaims } from "./repairs";
import { lastOf } from "../../settings/lists";

/** The sockets that should listen on a machine, in the form of `ss`, sorted. */
export function expectedSockets(site: SiteSettings, machine: MachineSettings): string[] {
  if (!site.layDown) return ["tcp *:22"];
  const server = site.realServers.find(({ name }) => name === machine.name);
  const byRole = {
    director: () => directorSockets(site, machine),
    sorryServer: () => webSockets(site, sorryListeners(site)),
    client: () => [],
    source: () => [],
    nfs: () => [`tcp ${machine.address}:2049`],
    mysql: () => [`tcp ${machine.address}:3306`],
    realServer: () => (server ? realServerSockets(site, server) : []),
  };
  return [...new Set(["tcp *:22", ...byRole[machine.role]()])].sort();
}

/** The sockets of a sorry page: where the director sends clients. */
function webSockets(site: SiteSettings, listeners: readonly ListenerSettings[]): string[] {
  return listeners
    .flatMap(portsIn)
    .flatMap((port) => everywhere(site).map((address) => `tcp ${address}:${port}`));
}

function directorSockets(site: SiteSettings, { address, nics }: MachineSettings): string[] {
  const page = site.sorry && !site.sorry.machine;
  return [
    ...(page ? [...webSockets(site, directorListeners(site)), `tcp ${address}:${metricsPort}`] : []),
    // The kernel's socket for connection sync.
    ...(site.vrrp ? [`udp 224.0.0.81%${nics[0].device}:8848`] : []),
  ];
}

const everywhere = (site: SiteSettings): string[] =>
  vipsOf(site).some((vip) => vip.includes(":")) ? ["0.0.0.0", "[::]"] : ["0.0.0.0"];

/** The sockets for requests to itself from each of its VIPs. */
const hopSockets = (site: SiteSettings): string[] => [
  "tcp 127.0.0.1:61081",
  ...(vipsOf(site).some((vip) => vip.includes(":")) ? ["tcp [::1]:61081"] : []),
];

function realServerSockets(site: SiteSettings, server: RealServerSettings): string[] {
  const listening = (application: ListenerSettings["application"]) =>
    listenersOf(site)
      .filter((listener) => listener.application === application)
      .flatMap(portsIn);
  const web = [...listening("http"), ...listening("https")];
  const php = site.content !== "static" && site.php.listener === "tcp";
  return [
    ...web.flatMap((port) => everywhere(site).map((address) => `tcp ${address}:${port}`)),
    ...(hasWeb(site) && site.content !== "wordpress" ? ["tcp 127.0.0.1:61080"] : []),
    ...(hasWeb(site) && heldVips(site, server).length > 0 ? hopSockets(site) : []),
    ...(hasWeb(site) && php ? ["tcp 127.0.0.1:9000"] : []),
    ...listening("ftp").map((port) => `tcp 0.0.0.0:${port}`),
    ...echoInstances(site, server).map((instance) => {
      const [protocol = "", port = "", ...address] = instance.split("-");
      return `${protocol} ${bracketed(address.join("-"))}:${port}`;
    }),
  ];
}

/** How long a socket may stay that a program needs only for a moment, such as one that asks for rpcbind, which no machine runs. */
const passingSeconds = 60;

const ports = (site: SiteSettings): Claim => ({
  id: "ports",
  text: "each machine listens on exactly the ports that its role needs",
  async prove(running) {
    const seen = await Promise.all(
      machinesOf(site).map((machine) =>
        eventually(passingSeconds, () =>
          listensAsWanted(running, machine.name, expectedSockets(site, machine)),
        ),
      ),
    );
    return seen.join("; ");
  },
});

async function listensAsWanted(
  running: RunningSite,
  name: string,
  wanted: readonly string[],
): Promise<string> {
  // The last column has the processes; the kernel's own sockets have none.
  const lines = (await running.execOk(name, "ss -HltunSp | awk '{ print $1, $5, $7 }' | sort -u"))
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const socketOf = (line: string) => line.split(" ").slice(0, 2).join(" ");
  const found = [...new Set(lines.map(socketOf))];
  const missing = wanted.filter((socket) => !found.includes(socket));
  const surplus = lines.filter((line) => !wanted.includes(socketOf(line)));
  ensure(
    missing.length + surplus.length === 0,
    `${name} does not listen on ${missing.join(", ") || "nothing"}, and needlessly on ${surplus.join(", ") || "nothing"}`,
  );
  return `${name}: ${found.join(", ")}`;
}

const ssh = (site: SiteSettings): Claim => ({
  id: "ssh",
  text: "no machine accepts a password or root through ssh",
  async prove(running) {
    const wanted = "kbdinteractiveauthentication no, passwordauthentication no, permitrootlogin no";
    const ask =
      "sshd -T | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication) ' | sort";
    await Promise.all(
      machinesOf(site).map(async ({ name }) => {
        const lines = await running.execOk(name, ask);
        ensure(lines.split("\n").join(", ") === wanted, `${name}: ${lines}`);
      }),
    );
    return wanted;
  },
});

/**
 * The last real server that the site can do without: no service has it as its only one. If there is none, the last
 * real server.
 */
export const stoppedByStatus = (site: SiteSettings): string =>
  (site.realServers.findLast(({ name }) => !onlyServers(site).includes(name)) ?? lastOf(site.realServers))
    .name;

const status = (site: SiteSettings): Claim => ({
  id: "status",
  text: "status reports a stopped nginx on a real server, and its return",
  breaks: [stoppedByStatus(site)],
  async prove(running) {
    const name = stoppedByStatus(site);
    const nginx = async () =>
      (await healthOf(running)).find((machine) => machine.name === name)?.services.nginx;
    await running.execOk(name, "systemctl stop nginx");
    let stopped: string | undefined;
    try {
      stopped = await nginx();
    } finally {
      await running.execOk(name, "systemctl start nginx");
    }
    // `failed` is a stop that took longer than systemd waits for nginx to finish its requests.
    ensure(/^(inactive|failed)$/.test(stopped ?? ""), `status said nginx is ${stopped}`);
    const back = await eventually(10, async () => {
      const state = await nginx();
      ensure(state === "active", `status says nginx is ${state}`);
      return state;
    });
    return `${name}: nginx ${stopped}, then ${back}`;
  },
});

const again = (site: SiteSettings): Claim => ({
  id: "run-twice",
  text: "every script changes nothing when it runs again, and each machine is as it was laid down",
  async prove(running) {
    const runs = await Promise.all(
      machinesOf(site).map(async ({ name }) => {
        const lines = (await running.execOk(name, "lvs-apply --again", 170_000)).split("\n").filter(Boolean);
        const wrong = lines.filter((line) => !/^[\w-]+: unchanged$/.test(line));
        ensure(wrong.length === 0 && lines.length > 0, `${name}: ${lines.join("; ") || "no script"}`);
        return lines.length;
      }),
    );
    // What other claims took away for a moment may still be on its way back.
    await eventually(60, async () => {
      const differ = differenceLines(await machineStates(running));
      ensure(differ.length === 0, differ.join("; "));
    });
    return `${runs.reduce((sum, count) => sum + count, 0)} scripts on ${runs.length} machines: unchanged`;
  },
});

export const machineClaims = (site: SiteSettings): Claim[] => [ports(site), ssh(site)];

/** These claims run one after another, because they stop and start services that others use. */
export const changingClaims = (site: SiteSettings): Claim[] => [
  ...(hasWeb(site) ? [status(site)] : []),
  ...firewallRepairClaims(site),
  again(site),
];

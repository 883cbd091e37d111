/** Claims about several networks: clients cannot reach storage, and replies use the line of their request. */
import { Socket, connect } from "node:net";
import { networkOf } from "../../settings/assemble/networks";
import { type MachineSettings, type SiteSettings, machinesOf, vipsOf } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure, cached } from "../claim";
import { isMeasurable } from "../schedulers/distribution";
import { type PacketPath, packetPathText } from "./packetPath";
import { packetPaths } from "./wire";
import { present } from "../../settings/lists";

type Reached = "open" | "refused" | "silent";

/** Connects to a TCP port from `localAddress`. Resolves with the result within two seconds. */
function probe(host: string, port: number, localAddress?: string): Promise<Reached> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port, ...(localAddress && { localAddress }) });
    const done = (reached: Reached) => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(2000, () => done("silent"));
    socket.on("connect", () => done("open"));
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      done(code === "ECONNREFUSED" ? "refused" : "silent"),
    );
  });
}

/** Names of the clients' networks: those with VIPs. */
const frontsOf = (site: SiteSettings): string[] => [
  ...new Set(vipsOf(site).map((vip) => networkOf(site.networks, vip).name)),
];

const storagePorts = { nfs: 2049, mysql: 3306 } as const;

/** NFS and MySQL servers that are on no clients' network. */
const behind = (site: SiteSettings): { machine: MachineSettings; port: number }[] =>
  (["nfs", "mysql"] as const)
    .flatMap((role) =>
      machinesOf(site)
        .filter((machine) => machine.role === role)
        .map((machine) => ({ machine, port: storagePorts[role] })),
    )
    .filter(({ machine }) => machine.nics.every(({ network }) => !frontsOf(site).includes(network)));

/**
 * Tries to reach the storage machines and resolves with those that answer. The client machine tries if there is one.
 * Otherwise, with a firewall, which looks at the source, this host tries from its address on the front network.
 */
async function reachDirectly(running: RunningSite): Promise<string[]> {
  const { site } = running;
  const servers = behind(site);
  if (site.client) {
    const tries = servers.map(
      ({ machine, port }) =>
        `timeout 4 bash -c ': </dev/tcp/${machine.address}/${port}' 2>/dev/null && echo "${machine.name}:${port} is open to the client"`,
    );
    return (await running.execOk("client", `${tries.join("\n")}\nexit 0`)).split("\n").filter(Boolean);
  }
  if (!site.firewall) return [];
  const source = networkOf(site.networks, site.services[0].vip).gateway;
  const reached = await Promise.all(
    servers.map(async ({ machine, port }) => {
      const state = await probe(machine.address, port, source);
      return state === "open" ? [`${machine.name}:${port} is open to ${source}`] : [];
    }),
  );
  return reached.flat();
}

const isolation = (site: SiteSettings): Claim => ({
  id: "isolation",
  text: `nobody in the clients' network reaches ${behind(site)
    .map(({ machine }) => machine.name)
    .join(" and ")}`,
  async prove(running) {
    const fronts = frontsOf(site);
    const addresses = machinesOf(site).flatMap(({ name, nics }) =>
      nics
        .filter(({ network }) => fronts.includes(network))
        .map((nic) => ({ name, address: nic.addresses[0] })),
    );
    const asked = addresses.flatMap((at) => Object.values(storagePorts).map((port) => ({ ...at, port })));
    const reached = await Promise.all(
      asked.map(async ({ name, address, port }) =>
        (await probe(address, port)) === "open" ? [`${name} answers at ${address}:${port}`] : [],
      ),
    );
    const open = [...reached.flat(), ...(await reachDirectly(running))];
    ensure(open.length === 0, open.join(", "));
    const hidden = behind(site).map(({ machine, port }) => `${machine.address}:${port}`);
    return `${hidden.join(" and ")} from the clients' side: no answer; nor 2049 or 3306 at ${addresses.length} addresses there`;
  },
});

/** Services on several lines: VIPs on several networks, and a client on none of them. */
const lineServices = (site: SiteSettings) => {
  const fronts = frontsOf(site);
  const beyond = site.client?.nics.every(({ network }) => !fronts.includes(network));
  return fronts.length > 1 && beyond ? site.services.filter((service) => isMeasurable(site, service)) : [];
};

/** Name of the network through which the reply left. */
function lineOf(site: SiteSettings, { steps }: PacketPath): string | undefined {
  const mac = steps.findLast(({ addresses, by }) => addresses.endsWith("VIP > CIP") && by !== "hypervisor")
    ?.frame.by;
  const nics = machinesOf(site).flatMap((machine) => machine.nics);
  return nics.find((nic) => nic.mac === mac)?.network;
}

/** Claims that capture packets. */
export const lineClaims = (site: SiteSettings): Claim[] => {
  const services = lineServices(site);
  return services.map((service, index) => {
    const { name } = networkOf(site.networks, service.vip);
    return {
      id: `line:${service.name}`,
      text: `${service.name}: a client of another network is answered through the line of ${service.vip}, ${name}`,
      async prove(running) {
        const all = await cached(running, "packet paths from beyond", () =>
          packetPaths(running, services, "client"),
        );
        const packetPath = present(all[index], `path of ${service.name}`);
        if (packetPath instanceof Error) throw packetPath;
        const line = lineOf(site, packetPath);
        ensure(line === name, `the reply left through ${line ?? "no line"}; ${packetPathText(packetPath)}`);
        return `the reply left through ${line}: ${packetPathText(packetPath)}`;
      },
    };
  });
};

export const networkClaims = (site: SiteSettings): Claim[] =>
  behind(site).length > 0 ? [isolation(site)] : [];

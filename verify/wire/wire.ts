/** Captures one connection to each service, and compares its path with the forwarding method. */
import { type SiteSettings, type VirtualServiceSettings, machinesOf } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { capture, devicesByMac, tapMac } from "./capture";
import { type Claim, ensure, cached } from "../claim";
import { sendAll, readGreeting } from "../probing/clients";
import {
  type Call,
  type Endpoint,
  type Reply,
  clientOf,
  entrancesOf,
  isFromClient,
  viewpoint,
} from "../probing/entrances";
import { type Flow, type PacketPath, type Names, follow, packetPathText, wireProblem } from "./packetPath";
import { paired, present } from "../../settings/lists";

/** Opens one connection to each service and captures all NICs meanwhile. Resolves with the path of each, or its error. */
export async function packetPaths(
  running: RunningSite,
  services: readonly VirtualServiceSettings[],
  from?: "client",
): Promise<(PacketPath | Error)[]> {
  const { site } = running;
  const devices = await devicesByMac();
  const watched = [site.director, ...site.realServers, ...(site.client ? [site.client] : [])];
  const taps = watched.flatMap(({ name, nics }) =>
    nics.map(({ mac, device }) => {
      const tap = devices.get(tapMac(mac));
      ensure(tap !== undefined, `this host has no end of ${name}'s ${device}: its hypervisor is another`);
      return tap;
    }),
  );
  const names: Names = new Map([
    ...[...devices.keys()].map((mac) => [mac, "hypervisor"] as const),
    ...machinesOf(site).flatMap(({ name, nics }) => nics.map(({ mac }) => [mac, name] as const)),
  ]);
  const { result, frames } = await capture(taps, filterOf(services), () => open(running, services, from));
  return result.map((flow) => (flow instanceof Error ? flow : follow(site, names, frames, flow)));
}

function filterOf(services: readonly VirtualServiceSettings[]): string {
  const hosts = [...new Set(services.flatMap(({ vips }) => vips))].map((vip) => `host ${vip}`);
  const real = services.flatMap(({ destinations, port: asked }) =>
    destinations.map(({ address, port }) => `(host ${address} and port ${port || asked})`),
  );
  return [...hosts, ...new Set(real), "ip proto 4"].join(" or ");
}

/** Opens one connection to each service, those from the client machine in one script. An error stands for a connection that failed. */
async function open(
  running: RunningSite,
  services: readonly VirtualServiceSettings[],
  from?: "client",
): Promise<(Flow | Error)[]> {
  // A port that the client machine has not used lately.
  const firstPort = 42_000 + Math.floor(Math.random() * 20_000);
  const calls = services.map((service, index) => {
    const entrance = entrancesOf(running.site, service)[0];
    const remote = from === "client" || viewpoint(running.site, service) === "client";
    const sourcePort = firstPort + index;
    return { entrance, sourcePort, ...(remote && { from: clientOf(running.site).address }) };
  });
  const remote = calls.filter(isFromClient);
  const far = await sendAll(running, remote).then(
    (replies) => new Map<Call, Reply>(paired(remote, replies)),
    (error: Error) => error,
  );
  const endOf = async (call: (typeof calls)[number]): Promise<Endpoint> => {
    if (isFromClient(call)) {
      if (far instanceof Error) throw far;
      return { ...present(far.get(call), "reply").client, port: call.sourcePort };
    }
    if (["ssh", "ftp"].includes(call.entrance.application)) return (await readGreeting(call.entrance)).client;
    const [reply] = await sendAll(running, [call]);
    return present(reply, "reply").client;
  };
  const flows: (Flow | Error)[] = [];
  for (const call of calls) {
    const { service, vip, port } = call.entrance;
    const flow = endOf(call).then((client) => ({ service, client, vip: { address: vip, port } }));
    flows.push(await flow.catch((error: Error) => error));
  }
  return flows;
}

export const wireClaims = (site: SiteSettings): Claim[] => {
  const services = site.services.filter(
    (service) => viewpoint(site, service) === "hypervisor" || site.client !== undefined,
  );
  return services.map((service, index) => ({
    id: `wire:${service.name}`,
    text: `${service.name}: packets take the path of ${service.forwarding}, as captured on every NIC`,
    async prove(running) {
      const all = await cached(running, "packet paths", () => packetPaths(running, services));
      const packetPath = present(all[index], `path of ${service.name}`);
      if (packetPath instanceof Error) throw packetPath;
      const problem = wireProblem(packetPath);
      ensure(problem === "", `${packetPathText(packetPath)}; ${problem}`);
      return packetPathText(packetPath);
    },
  }));
};

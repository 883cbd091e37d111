/** Finds the path of a connection's packets in the captured frames, and compares it with the forwarding method. */
import { type Forwarding, methodOf } from "../../settings/forwarding";
import type { SiteSettings, VirtualServiceSettings } from "../../settings/site";
import type { Frame } from "./capture";
import type { Endpoint } from "../probing/entrances";

/** One connection as the client sees it. */
export interface Flow {
  readonly service: VirtualServiceSettings;
  readonly client: Endpoint;
  readonly vip: Endpoint;
}

/** One hop of a packet: sender and receiver (by MAC), and its addresses. */
export interface Step {
  readonly by: string;
  readonly to: string;
  readonly frame: Frame;
  /** `CIP > VIP`, in a tunnel `DIP > RIP [CIP > VIP]`. */
  readonly addresses: string;
}

export interface PacketPath {
  readonly service: VirtualServiceSettings;
  /** Name of the machine that opened the connection. */
  readonly client: string;
  /** Name of the director that holds the VIP. */
  readonly director: string;
  /** Name of the real server. Undefined when no packet reached one. */
  readonly server?: string;
  readonly steps: readonly Step[];
}

/** Names of machines by the MAC of each NIC. */
export type Names = ReadonlyMap<string, string>;

/** The hops of a connection in `frames`, in order, each once. */
export function follow(site: SiteSettings, names: Names, frames: readonly Frame[], flow: Flow): PacketPath {
  const role = roles(site, flow);
  const steps = new Map<string, Step>();
  for (const frame of frames) {
    const [source, destination] = [role(frame.source), role(frame.destination)];
    const inner = `${source} > ${destination}`;
    if (!(methodOf(flow.service.forwarding).sourceNat ? fullNatPairs : pairs).includes(inner)) continue;
    const around = frame.outside;
    const outside =
      around && `${tunnelEnd(site, flow, around.source)} > ${tunnelEnd(site, flow, around.destination)}`;
    const step = {
      by: names.get(frame.by) ?? frame.by,
      to: names.get(frame.to) ?? frame.to,
      frame,
      addresses: outside ? `${outside} [${inner}]` : inner,
    };
    const key = `${step.by} ${step.to} ${step.addresses}`;
    if (!steps.has(key)) steps.set(key, step);
  }
  const all = [...steps.values()];
  const isRealServer = (name: string) => site.realServers.some((server) => server.name === name);
  const server = all.map(({ to }) => to).find(isRealServer);
  return {
    service: flow.service,
    client: all[0]?.by ?? "nobody",
    director: site.director.name,
    ...(server && { server }),
    steps: all,
  };
}

const pairs = ["CIP > VIP", "VIP > CIP", "CIP > RIP", "RIP > CIP"];
const fullNatPairs = [...pairs, "DIP > RIP", "RIP > DIP"];

const directorAddresses = ({ director }: SiteSettings): string[] =>
  director.nics.flatMap(({ addresses, address6 }) => [...addresses, ...(address6 ? [address6] : [])]);

/** Names an endpoint CIP, VIP, DIP or RIP. The director's address may be the VIP; the port decides. In full NAT the director keeps the client's port, unlike in its own health checks. */
function roles(site: SiteSettings, { service, client, vip }: Flow): (end: Endpoint) => string {
  const own = directorAddresses(site);
  return ({ address, port }) => {
    if (address === client.address && port === client.port) return "CIP";
    if (address === vip.address && port === vip.port) return "VIP";
    const real = service.destinations.find((destination) => destination.address === address);
    if (real && port === (real.port || vip.port)) return "RIP";
    return own.includes(address) && port === client.port ? "DIP" : "other";
  };
}

function tunnelEnd(site: SiteSettings, { service }: Flow, address: string): string {
  if (service.destinations.some((destination) => destination.address === address)) return "RIP";
  return directorAddresses(site).includes(address) ? "DIP" : "other";
}

/** The hops of each method. The hypervisor between networks is left out. */
const ways: Readonly<Record<Forwarding, readonly string[]>> = {
  dr: ["client: CIP > VIP", "director: CIP > VIP", "real server: VIP > CIP"],
  tun: ["client: CIP > VIP", "director: DIP > RIP [CIP > VIP]", "real server: VIP > CIP"],
  nat: ["client: CIP > VIP", "director: CIP > RIP", "real server: RIP > CIP", "director: VIP > CIP"],
  fullnat: ["client: CIP > VIP", "director: DIP > RIP", "real server: RIP > DIP", "director: VIP > CIP"],
};

/** How a path differs from that of its method. Empty when it matches. */
export function wireProblem({ service, client, director, server, steps }: PacketPath): string {
  const { forwarding } = service;
  const roles = new Map([
    [client, "client"],
    [director, "director"],
    [server, "real server"],
  ]);
  const roleOf = (name: string) => roles.get(name) ?? name;
  const asked = steps[0];
  const told = steps.filter((step) => step === asked || roleOf(step.by) !== "client");
  const handed = told.filter(({ by }, index) => index === 0 || by !== "hypervisor");
  const seen = handed.map(({ by, addresses }) => `${roleOf(by)}: ${addresses}`);
  if (seen.join() !== ways[forwarding].join()) return `${forwarding} is ${ways[forwarding].join("; ")}`;
  const [, second, third] = handed;
  const { directorIsGateway, realServersOn, vipDevice } = methodOf(forwarding);
  if (realServersOn === "the VIP's network" && second?.to !== server)
    return `the director's packet did not go to ${server}'s MAC`;
  if (directorIsGateway && third?.to !== director) return "the reply did not go to the director's MAC";
  if (vipDevice !== undefined && third?.to === director) return "the reply went to the director's MAC";
  return "";
}

export const packetPathText = ({ steps }: PacketPath): string =>
  steps.map(({ by, to, addresses }) => `${by} to ${to}: ${addresses}`).join("; ") || "nothing was seen";

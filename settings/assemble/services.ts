/** A virtual service with its destinations, and the applications that real servers run for it. */
import { type ForwardingMethod, methodOf } from "../forwarding";
import { hashOf } from "../hash";
import { canonical6, isIpv6 } from "../ipv6";
import { portRange } from "../ports";
import type { StackFile } from "../schema";
import { defaultPort } from "../schema/services";
import { schedulerFlags } from "../schedulers";
import {
  type Application,
  type DestinationSettings,
  type DirectorSettings,
  type ListenerSettings,
  type MachineSettings,
  type NetworkSettings,
  type NicSettings,
  type RealServerSettings,
  type VirtualServiceSettings,
  isWeb,
} from "../site";
import { assembleCheck } from "./checks";
import { networkOf } from "./networks";
import { type NonEmpty, mapNonEmpty, nonEmpty, paired } from "../lists";

/** All that a service is assembled from. `said` is its entry `index` in the stack file. */
export interface ServiceParts {
  readonly file: StackFile;
  readonly said: StackFile["services"][number];
  readonly index: number;
  readonly vips: NonEmpty<string>;
  readonly networks: NonEmpty<NetworkSettings>;
  readonly director: DirectorSettings;
  readonly realServers: readonly RealServerSettings[];
  readonly sorryMachine?: MachineSettings;
}

/**
 * Returns a service with its defaults: the name `web` or `webN`, all real servers, and the applications usual for its
 * ports. It gets a firewall mark when the stack file has `vips` or `ports`.
 */
export function assembleService(parts: ServiceParts): VirtualServiceSettings {
  const { file, said, index, realServers } = parts;
  const name = said.name ?? (index === 0 ? "web" : `web${index + 1}`);
  const vips = mapNonEmpty(parts.vips, (vip) => (isIpv6(vip) ? canonical6(vip) : vip));
  const family = isIpv6(vips[0]) ? 6 : 4;
  const ports = nonEmpty(said.ports ?? [String(said.port ?? defaultPort)], "port");
  const marked = said.ports !== undefined || said.vips !== undefined;
  const mapped = said.realServerPort ?? (marked ? 0 : Number(ports[0]));
  const destinations = paired(realServers, file.realServers)
    .filter(([server]) => said.realServers?.includes(server.name) ?? true)
    .map(([server, { upperThreshold, lowerThreshold }]): DestinationSettings => {
      const nic = destinationNic(methodOf(said.forwarding), server, vips, parts);
      return {
        name: server.name,
        address: family === 6 ? (nic.address6 ?? nic.addresses[0]) : nic.addresses[0],
        port: mapped,
        weight: server.weight,
        upperThreshold,
        lowerThreshold,
      };
    });
  const listeners = listenersFor(said, ports, file.tls !== undefined);
  const check = assembleCheck(parts, listeners[0].application, destinations.length);
  const sorryAddress = sorryAddressOf(parts, vips, listeners);
  return {
    name,
    vip: vips[0],
    vips,
    family,
    protocol: said.protocol,
    port: portRange(ports[0]).from,
    ports,
    ...(marked && { fwmark: said.fwmark ?? markOf(name) }),
    scheduler: said.scheduler,
    schedulerFlags: schedulerFlags.filter((flag) => said.schedulerFlags.includes(flag)),
    forwarding: said.forwarding,
    ...(said.persistence && { persistence: said.persistence }),
    onePacket: said.onePacket,
    listeners,
    destinations,
    ...(check && { check }),
    ...(sorryAddress !== undefined && { sorryAddress }),
  };
}

/** Only services that speak http or https have a sorry page, because the page is for browsers. Undefined for others. */
function sorryAddressOf(
  parts: ServiceParts,
  vips: NonEmpty<string>,
  listeners: readonly ListenerSettings[],
): string | undefined {
  const { file, said, sorryMachine } = parts;
  if (!file.sorryServer || !listeners.every(({ application }) => isWeb(application))) return undefined;
  const family = isIpv6(vips[0]) ? 6 : 4;
  if (!sorryMachine) return family === 6 ? "::1" : "127.0.0.1";
  const nic = destinationNic(methodOf(said.forwarding), sorryMachine, vips, parts);
  return family === 6 ? nic.address6 : nic.addresses[0];
}

/**
 * The firewall mark comes from the name. So adding or removing a service leaves the marks of other services, and
 * their connections, unchanged.
 */
const markOf = (name: string): number => (hashOf(name) % 65_535) + 1;

/** The NIC of a real server to which the director sends packets for `vips`. */
function destinationNic(
  { realServersOn }: ForwardingMethod,
  { nics }: MachineSettings,
  vips: readonly string[],
  { networks, director }: ServiceParts,
): NicSettings {
  const fronts = vips.map((vip) => networkOf(networks, vip).name);
  if (realServersOn === "the VIP's network")
    return nics.find(({ network }) => network === fronts[0]) ?? nics[0];
  const shared = nics.filter((nic) => director.nics.some(({ network }) => network === nic.network));
  return shared.find(({ network }) => !fronts.includes(network)) ?? shared[0] ?? nics[0];
}

const applications: Readonly<Record<number, Application>> = { 21: "ftp", 22: "ssh", 443: "https" };

function listenersFor(
  said: StackFile["services"][number],
  ports: NonEmpty<string>,
  tls: boolean,
): NonEmpty<ListenerSettings> {
  const one = (application: Application, port: number) => ({ application, from: port, to: port });
  if (ports[0] === "0") return [one("http", 80), ...(tls ? [one("https", 443)] : [])];
  return mapNonEmpty(ports, (text) => {
    const range = portRange(text);
    const usual = applications[said.realServerPort ?? range.from] ?? applications[range.from] ?? "http";
    const application = said.application ?? (said.protocol === "tcp" ? usual : "echo");
    return said.realServerPort === undefined
      ? { application, ...range }
      : one(application, said.realServerPort);
  });
}

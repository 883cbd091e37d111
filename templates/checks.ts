/** What `lvs-check` reads: how each real server of each service is asked, and how far a service may be emptied. */
import { type ForwardingMethod, methodOf } from "../settings/forwarding";
import {
  type CheckSettings,
  type DestinationSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
  drainedNames,
  machinesOf,
  siteHost,
} from "../settings/site";

/** When a check is given up, which counts as out at once: both its questions, and plenty for a director that has no CPU to spare. */
export const checkSeconds = ({ timeoutSeconds }: CheckSettings): number => 2 * timeoutSeconds + 20;

/** `SERVICE SERVER KEY TYPE TARGET HOST STATUS TIMEOUT RETRIES MINHEALTHY ALIVE`, a line for each; `-` where there is none. */
export function checksConf(site: SiteSettings): string {
  return site.services
    .flatMap((service) =>
      service.check === undefined
        ? []
        : service.destinations.map((destination) => checkLine(site, service, service.check!, destination)),
    )
    .join("");
}

function checkLine(
  site: SiteSettings,
  service: VirtualServiceSettings,
  check: CheckSettings,
  destination: DestinationSettings,
): string {
  const { type, path, status, host, timeoutSeconds, retries, minHealthy } = check;
  const asked = `${bracketed(destination.address)}:${destination.port || service.listeners[0]!.from}`;
  const isHttp = type === "http" || type === "https";
  const fields = [
    service.name,
    destination.name,
    checkKey(service, destination),
    type,
    isHttp ? `${type}://${asked}${path}` : asked,
    isHttp ? (host ?? siteHost(site)) : "-",
    isHttp ? status : "-",
    timeoutSeconds,
    retries,
    minHealthy,
    isHttp ? `${type}://${asked}/healthz` : "-",
  ];
  return `${fields.join(" ")}\n`;
}

/** The pair as ldirectord hands it to its check: VIP and port, or mark and 0; RIP and port. */
function checkKey({ fwmark, vip, port }: VirtualServiceSettings, destination: DestinationSettings): string {
  const virtual = fwmark === undefined ? `${bracketed(vip)}:${port}` : `${fwmark}:0`;
  return `${virtual}/${bracketed(destination.address)}:${destination.port}`;
}

/** Where a service's clients go while no real server serves, as IPVS sees it. */
interface Sorry {
  readonly address: string;
  readonly port: number;
  readonly flag: ForwardingMethod["ipvsadmFlag"];
}

/** A page on the director is given locally, which is direct routing whatever the service does: NAT to 127.0.0.1 is refused. */
export function sorryOf(service: VirtualServiceSettings): Sorry | undefined {
  const { sorryAddress: address, fwmark, port, destinations, forwarding } = service;
  if (address === undefined) return undefined;
  const isLocal = address === "127.0.0.1" || address === "::1";
  const flag = isLocal ? "-g" : methodOf(forwarding).ipvsadmFlag;
  const own = fwmark === undefined ? port : 0;
  return { address, flag, port: flag === "-m" ? destinations[0]!.port : own };
}

/** Names of the real servers that are out for maintenance, a line for each. */
export const drainedList = (site: SiteSettings): string =>
  drainedNames(site)
    .map((name) => `${name}\n`)
    .join("");

/** `NAME RIP [RIP...]`, a line for each real server that serves anything. */
export function realServersList(site: SiteSettings): string {
  const destinations = site.services.flatMap((service) => service.destinations);
  return machinesOf(site)
    .map(({ name }) => ({
      name,
      rips: destinations.filter((one) => one.name === name).map(({ address }) => address),
    }))
    .filter(({ rips }) => rips.length > 0)
    .map(({ name, rips }) => `${name} ${[...new Set(rips)].join(" ")}\n`)
    .join("");
}

/** Files for health checks: how `lvs-check` checks each real server, and how many must stay in each service. */
import { type ForwardingMethod, methodOf } from "../settings/forwarding";
import {
  type CheckSettings,
  type DestinationSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
  drainedNames,
  siteHost,
} from "../settings/site";
import { nonEmpty } from "../settings/lists";
import { serviceOption } from "./ipvsadm";

/** Hard timeout in seconds for one check: two requests, and slack for a busy director. Exceeding it removes the real server at once. */
export const checkSeconds = ({ timeoutSeconds }: CheckSettings): number => 2 * timeoutSeconds + 20;

/**
 * checks.conf: one line for each real server of each service that has a check: `SERVICE SERVER KEY TYPE TARGET
 * HOST STATUS TIMEOUT RETRIES MINHEALTHY ALIVE OVERDUE`. A field without a value is `-`.
 */
export function checksConf(site: SiteSettings): string {
  return site.services
    .flatMap((service) => {
      const { check, destinations } = service;
      return check ? destinations.map((destination) => checkLine(site, service, check, destination)) : [];
    })
    .join("");
}

function checkLine(
  site: SiteSettings,
  service: VirtualServiceSettings,
  check: CheckSettings,
  destination: DestinationSettings,
): string {
  const { type, path, status, host, timeoutSeconds, retries, minHealthy } = check;
  const asked = `${bracketed(destination.address)}:${destination.port || service.listeners[0].from}`;
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
    overdueSeconds(check),
  ];
  return `${fields.join(" ")}\n`;
}

/** A manager that has begun no check of a service for this many seconds hangs. A check may ask twice, each time up to its timeout. */
const overdueSeconds = ({ intervalSeconds, timeoutSeconds }: CheckSettings): number =>
  2 * (intervalSeconds + timeoutSeconds) + 10;

/**
 * The key of a check, such as `-t:VIP:PORT/RIP:PORT`: ipvsadm's option for the service, and the arguments that ldirectord hands over,
 * which are VIP and port, or mark and 0, then RIP and port.
 */
function checkKey(service: VirtualServiceSettings, { address, port }: DestinationSettings): string {
  const virtual =
    service.fwmark === undefined ? `${bracketed(service.vip)}:${service.port}` : `${service.fwmark}:0`;
  return `${serviceOption(service)}:${virtual}/${bracketed(address)}:${port}`;
}

/** The sorry server of a service, as an IPVS destination. */
interface Sorry {
  readonly address: string;
  readonly port: number;
  readonly flag: ForwardingMethod["ipvsadmFlag"];
}

/**
 * Undefined for a service without a sorry page. A page on the director itself always gets direct routing (`-g`),
 * whatever the service's forwarding method: IPVS delivers locally, and refuses NAT to 127.0.0.1.
 */
export function sorryOf(service: VirtualServiceSettings): Sorry | undefined {
  const { sorryAddress: address, fwmark, port, destinations, forwarding } = service;
  if (address === undefined) return undefined;
  const isLocal = address === "127.0.0.1" || address === "::1";
  const flag = isLocal ? "-g" : methodOf(forwarding).ipvsadmFlag;
  const own = fwmark === undefined ? port : 0;
  return {
    address,
    flag,
    port: flag === "-m" ? nonEmpty(destinations, `real server of ${service.name}`)[0].port : own,
  };
}

/** The names of drained real servers, one per line. */
export const drainedList = (site: SiteSettings): string =>
  drainedNames(site)
    .map((name) => `${name}\n`)
    .join("");

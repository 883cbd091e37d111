/** ldirectord.cf: ldirectord(8) keeps the table, and checks real servers with lvs-check. */
import { type ForwardingMethod, methodOf } from "../settings/forwarding";
import {
  type DestinationSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
} from "../settings/site";
import { checkSeconds, sorryOf } from "./checks";
import { type WeightText, plainWeight } from "./weights";

/**
 * `fork` runs one process for each service: each service has its own interval, and a real server that does not
 * answer delays the checks of its own service only. `readdquiescent` gives a real server no clients before its
 * first check. `cleanstop=no` keeps the table when ldirectord stops.
 */
export function ldirectordCf(site: SiteSettings, weightText = plainWeight): string {
  const globals = `logfile="daemon"
autoreload=no
cleanstop=no
readdquiescent=yes
failurecount=1
fork=yes
`;
  return [globals, ...site.services.map((service) => virtualService(service, weightText))].join("\n");
}

const kinds = { "-g": "gate", "-m": "masq", "-i --tun-type ipip": "ipip" } as const;
const kindOf = (flag: ForwardingMethod["ipvsadmFlag"]) => kinds[flag];

function virtualService(service: VirtualServiceSettings, weightText: WeightText): string {
  const { name, fwmark, family, protocol, vip, port, scheduler, persistence, check } = service;
  const [six, whole] = [family === 6 ? "6" : "", "255.255.255.255"];
  const sorry = sorryOf(service);
  const lines = [
    `protocol=${fwmark === undefined ? protocol : "fwm"}`,
    `scheduler=${scheduler}`,
    ...(service.schedulerFlags.length > 0 ? [`schedflags=${service.schedulerFlags.join(",")}`] : []),
    ...(service.onePacket ? ["ops=yes"] : []),
    ...(persistence ? [`persistent=${persistence.timeoutSeconds}`] : []),
    ...(persistence && persistence.netmask !== whole ? [`netmask=${persistence.netmask}`] : []),
    ...(check
      ? [
          "checktype=external",
          'checkcommand="/usr/local/sbin/lvs-check"',
          `checkinterval=${check.intervalSeconds}`,
          `checktimeout=${checkSeconds(check)}`,
          `quiescent=${check.onFailure === "inhibit" ? "yes" : "no"}`,
        ]
      : ["checktype=on"]),
    // Used as a name only. Without it ldirectord would check an endpoint that is in two services for the first of them
    // only.
    `virtualhost="${name}"`,
    ...(sorry ? [`fallback${six}=${bracketed(sorry.address)}:${sorry.port} ${kindOf(sorry.flag)}`] : []),
    ...service.destinations.map((destination) => realLine(service, destination, weightText(destination))),
  ];
  const head = `virtual${six}=${fwmark ?? `${bracketed(vip)}:${port}`}\n`;
  return `${head}${lines.map((line) => `    ${line}\n`).join("")}`;
}

function realLine(
  { family, forwarding }: VirtualServiceSettings,
  { address, port, upperThreshold, lowerThreshold }: DestinationSettings,
  weight: string,
): string {
  const limits = [
    ...(lowerThreshold > 0 ? [` l:${lowerThreshold}`] : []),
    ...(upperThreshold > 0 ? [` u:${upperThreshold}`] : []),
  ];
  const kind = kindOf(methodOf(forwarding).ipvsadmFlag);
  return `real${family === 6 ? "6" : ""}=${bracketed(address)}:${port} ${kind} ${weight}${limits.join("")}`;
}

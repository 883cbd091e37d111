/** Checks that IPVS and the forwarding method can do what each service asks for. */
import { forwardings, methodOf } from "../forwarding";
import { portRange, shareAPort } from "../ports";
import { type Problem, didYouMean, oneOf } from "../problems";
import { schedulers, traitsOf } from "../schedulers";
import type { StackFile } from "../schema";
import { defaultPort } from "../schema/services";
import type { SiteSettings, VirtualServiceSettings } from "../site";
import type { Context, Finding } from "./findings";
import { applications, listenerProblems, ownSshd } from "./listeners";
import { clientPlace, realServerPlaces } from "./places";
import { proxyProblems, redirectProblems, tlsProblems, webProblems } from "./web";
import { paired } from "../lists";

const serviceChecks: readonly ((context: Context) => Finding[])[] = [
  family,
  marks,
  everyPort,
  schedulerFlags,
  onePacket,
  portMapping,
  realServerNames,
  realServerPlaces,
  applications,
  ownSshd,
];

export function serviceProblems(site: SiteSettings, file: StackFile): Problem[] {
  const contexts = paired(site.services, file.services).map(([service, said]): Context => ({
    site,
    service,
    said,
    method: methodOf(service.forwarding),
  }));
  const each = contexts.flatMap((context, index) =>
    serviceChecks
      .flatMap((check) => check(context))
      .map(([key, message]) => ({ path: `services[${index}].${key}`, message })),
  );
  return [
    ...each,
    ...clientPlace(site),
    ...sameServices(site),
    ...listenerProblems(contexts),
    ...webProblems(site),
    ...tlsProblems(site),
    ...redirectProblems(site),
    ...proxyProblems(site),
    ...thresholdProblems(file),
  ];
}

function family({ service, method }: Context): Finding[] {
  const { vips, forwarding, persistence } = service;
  if (new Set(vips.map((vip) => vip.includes(":"))).size > 1)
    return [["vips", "mix IPv4 and IPv6; write a service for each"]];
  const findings: Finding[] = [];
  if (!method.families.includes(service.family)) {
    const can = forwardings.filter((name) => methodOf(name).families.includes(service.family));
    findings.push([
      "forwarding",
      `"${forwarding}" is not there for IPv${service.family}; write ${oneOf(can)}`,
    ]);
  }
  if (service.family === 6 && persistence && persistence.netmask !== "255.255.255.255")
    findings.push(["persistence.netmask", "is for IPv4, and this service uses IPv6; leave it out"]);
  return findings;
}

function marks({ service, said }: Context): Finding[] {
  const { vips, ports } = service;
  if (said.fwmark !== undefined && service.fwmark === undefined)
    return [
      [
        "fwmark",
        `${said.fwmark} is set by no rule; write the ports that get this mark as ports, such as ports: [${service.port === 0 ? defaultPort : service.port}, 443], in place of port`,
      ],
    ];
  return [
    ...vips.flatMap((vip, index): Finding[] =>
      vips.indexOf(vip) < index ? [[`vips[${index}]`, `${vip} is there already; leave it out`]] : [],
    ),
    ...ports.flatMap((text, index): Finding[] => {
      const first = ports.slice(0, index).find((earlier) => shareAPort(portRange(earlier), portRange(text)));
      return first === undefined
        ? []
        : [[`ports[${index}]`, `${text} is part of ${first}; write each port once`]];
    }),
  ];
}

function everyPort({ service, said }: Context): Finding[] {
  if (service.port !== 0) return [];
  const findings: Finding[] = [];
  if (service.protocol !== "tcp")
    findings.push(["port", "0 means every port, which works only with tcp; write a port"]);
  else if (!service.persistence && service.fwmark === undefined)
    findings.push([
      "port",
      "0 means every port, which IPVS balances only with persistence; write persistence: {} beside it",
    ]);
  if (said.realServerPort !== undefined)
    findings.push(["realServerPort", "cannot be combined with port 0; leave it out"]);
  if (said.application !== undefined)
    findings.push(["application", "cannot be set for every port; leave it out"]);
  return findings;
}

function schedulerFlags({ service }: Context): Finding[] {
  return service.schedulerFlags
    .filter((flag) => !traitsOf(service.scheduler).flags.includes(flag))
    .map((flag) => [
      "schedulerFlags",
      `"${flag}" is no flag of the scheduler ${service.scheduler}; leave it out, or write ${oneOf(schedulers.filter((name) => traitsOf(name).flags.includes(flag)))} as scheduler`,
    ]);
}

function onePacket({ service, method }: Context): Finding[] {
  if (!service.onePacket) return [];
  if (service.protocol !== "udp")
    return [["onePacket", `is for udp, and this service is ${service.protocol}; leave it out`]];
  if (method.vipDevice === undefined) {
    const can = forwardings.filter((name) => methodOf(name).vipDevice !== undefined);
    const why = `IPVS does not remember such packets, so replies through ${service.forwarding} would keep the real server's address`;
    return [["onePacket", `${why}; leave it out, or write ${oneOf(can)} as forwarding`]];
  }
  return service.persistence
    ? [
        [
          "onePacket",
          "schedules each packet anew, and persistence keeps a client at one server; leave one out",
        ],
      ]
    : [];
}

function portMapping({ service, said, method }: Context): Finding[] {
  if (said.realServerPort === undefined || service.port === 0) return [];
  if (service.fwmark !== undefined)
    return [["realServerPort", "would map every marked port to one; leave it out"]];
  if (method.mapsPorts || said.realServerPort === service.port) return [];
  const can = forwardings.filter((name) => methodOf(name).mapsPorts);
  return [
    [
      "realServerPort",
      `${service.forwarding} forwards packets without changing the port, so the real servers listen on ${service.port}; leave it out, or write ${oneOf(can)} as forwarding`,
    ],
  ];
}

function realServerNames({ site, said }: Context): Finding[] {
  const known = site.realServers.map(({ name }) => name);
  return (said.realServers ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => [
      "realServers",
      `"${name}" is no real server${didYouMean(name, known) || `; there are ${known.join(", ")}`}`,
    ]);
}

/**
 * Refuses two services for the same packets. A firewall mark counts first: nftables sets it before IPVS looks at the
 * VIP and port.
 */
function sameServices({ services }: SiteSettings): Problem[] {
  return services.flatMap((service, index) => {
    const first = services.slice(0, index).find((earlier) => takesSame(earlier, service));
    if (!first) return [];
    const { fwmark, protocol, ports, vips } = service;
    const isMark = fwmark !== undefined && fwmark === first.fwmark;
    const vip = vips.find((address) => first.vips.includes(address)) ?? vips[0];
    const port =
      ports.find((text) => first.ports.some((other) => shareAPort(portRange(text), portRange(other)))) ??
      ports[0];
    const what = isMark ? `firewall mark ${fwmark}` : `${protocol} ${vip}:${port}`;
    const message = `${what} is already services[${services.indexOf(first)}]; change its ${isMark ? "fwmark" : "VIP or port"}`;
    return [{ path: `services[${index}]`, message }];
  });
}

/**
 * Whether two services claim the same packets. A specific port and port 0 (every port) may be used together: IPVS
 * prefers the specific one.
 */
function takesSame(one: VirtualServiceSettings, other: VirtualServiceSettings): boolean {
  if (one.fwmark !== undefined && one.fwmark === other.fwmark && one.family === other.family) return true;
  const overlap =
    one.protocol === other.protocol &&
    one.vips.some((vip) => other.vips.includes(vip)) &&
    one.ports.some((text) => other.ports.some((known) => shareAPort(portRange(text), portRange(known))));
  const isCatchAll = ({ fwmark, port }: VirtualServiceSettings) => fwmark === undefined && port === 0;
  return overlap && (one.port === other.port || (!isCatchAll(one) && !isCatchAll(other)));
}

function thresholdProblems({ realServers }: StackFile): Problem[] {
  return realServers.flatMap(({ upperThreshold, lowerThreshold }, index) => {
    if (lowerThreshold <= upperThreshold) return [];
    const path = `realServers[${index}].lowerThreshold`;
    const message =
      upperThreshold === 0
        ? `${lowerThreshold} has no upperThreshold above it; write one, or leave it out`
        : `${lowerThreshold} is above upperThreshold ${upperThreshold}; write a smaller one`;
    return [{ path, message }];
  });
}

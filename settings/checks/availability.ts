/** Checks that directors, health checks and the sorry server can do what the stack file asks for. */
import { networkOf } from "../assemble/networks";
import { methodOf } from "../forwarding";
import { type Problem } from "../problems";
import type { StackFile } from "../schema";
import { check as checkSchema } from "../schema/availability";
import {
  type SiteSettings,
  type VirtualServiceSettings,
  withDrainedAtZero,
  isChecked,
  weightedNames,
} from "../site";
import { changedSettings } from "./unused";
import { paired } from "../lists";

export function availabilityProblems(site: SiteSettings, file: StackFile): Problem[] {
  return [
    ...managerProblems(file),
    ...ldirectordProblems(site),
    ...weightProblems(site),
    ...drainedProblems(site),
    ...pairProblems(site, file),
    ...paired(site.services, file.services).flatMap(([service, { check: said }], index) =>
      checkProblems(site, service, said, `services[${index}].check`),
    ),
    ...sorryProblems(site, file),
  ];
}

/** Refuses services that ldirectord(8) cannot express. */
function ldirectordProblems({ director, services }: SiteSettings): Problem[] {
  if (director.health !== "ldirectord") return [];
  return services.flatMap((service, index) => {
    const { protocol, onePacket, fwmark } = service;
    const at = (key: string, what: string): Problem => ({
      path: `services[${index}].${key}`,
      message: `ldirectord has no ${what}; leave it out, or write "keepalived" as director.manager`,
    });
    if (protocol === "sctp") return [at("protocol", "sctp")];
    const same = services.slice(0, index).find((other) => areOneForLdirectord(service, other));
    if (same)
      return [
        {
          path: `services[${index}].check`,
          message: `ldirectord cannot tell it from the check of ${same.name}, which has the same VIP and port over ${same.protocol}; write "none" as the type of one of them, or "keepalived" as director.manager`,
        },
      ];
    return onePacket && fwmark !== undefined ? [at("onePacket", "one-packet scheduling by a mark")] : [];
  });
}

/** ldirectord hands VIP and port to a check, and not the protocol. */
const areOneForLdirectord = (...both: readonly [VirtualServiceSettings, VirtualServiceSettings]): boolean =>
  both.every(({ fwmark, check }) => fwmark === undefined && check !== undefined) &&
  both[0].vip === both[1].vip &&
  both[0].port === both[1].port;

/** `keepalived -t` refuses a service whose real servers all have weight 0. */
function weightProblems({ director, services }: SiteSettings): Problem[] {
  if (director.manager !== "keepalived") return [];
  const message =
    "has real servers of weight 0 alone, which keepalived refuses; write a weight above 0 for one of them";
  return services.flatMap(({ destinations }, index) =>
    destinations.length > 0 && destinations.every(({ weight }) => weight === 0)
      ? [{ path: `services[${index}]`, message }]
      : [],
  );
}

function drainedProblems(site: SiteSettings): Problem[] {
  return paired(site.services, withDrainedAtZero(site).services).flatMap(([service, balanced], index) => {
    const names = weightedNames(service);
    if (names.length === 0 || weightedNames(balanced).length > 0) return [];
    const message = `has only drained real servers (${names.join(" and ")}); leave drained out for one of them`;
    return [{ path: `services[${index}]`, message }];
  });
}

function managerProblems({ directors, director }: StackFile): Problem[] {
  const { manager, health } = director;
  const problems: Problem[] = [];
  if (directors === 2 && manager !== "keepalived")
    problems.push({
      path: "directors",
      message: `two directors share their VIPs by VRRP, which needs keepalived, not ${manager}; write "keepalived" as director.manager, or 1`,
    });
  if (health !== "none" && manager === "keepalived")
    problems.push({
      path: "director.health",
      message: `"${health}" is not needed with keepalived, which checks real servers itself; leave it out`,
    });
  return problems;
}

function pairProblems(site: SiteSettings, { vrrp }: StackFile): Problem[] {
  if (!site.secondDirector || !site.vrrp) return [];
  const networks = site.director.nics.map(({ network }) => network);
  const others = site.secondDirector.nics.map(({ network }) => network);
  const problems: Problem[] = [];
  if (networks.join() !== others.join())
    problems.push({
      path: "director.peer.addresses",
      message: `are on ${others.join(", ")}, and the first director is on ${networks.join(", ")}; write an address on each of these, in that order`,
    });
  const used = site.vrrp.gateways.map(({ address }) => address);
  vrrp.gateways.forEach((gateway, index) => {
    if (used.includes(gateway)) return;
    const behind = site.services.some(({ forwarding }) => methodOf(forwarding).directorIsGateway);
    const message = behind
      ? `${gateway} is on ${networkOf(site.networks, gateway).cidr}, where no real server answers through the directors, or which has a floating gateway already; leave it out`
      : `${gateway} would be the gateway of no machine: no service uses "nat"; leave it out`;
    problems.push({ path: `vrrp.gateways[${index}]`, message });
  });
  return problems;
}

const usualCheck = checkSchema.parse({});
const isWebCheck = (type: string) => type === "http" || type === "https";

/**
 * These keys work only with http and https checks. `minHealthy` keeps unhealthy real servers that still answer. A tcp
 * check or a script cannot tell these from dead ones.
 */
const ofWebChecks = [".path", ".status", ".host", ".minHealthy"];

function checkProblems(
  site: SiteSettings,
  { check, destinations }: VirtualServiceSettings,
  said: StackFile["services"][number]["check"],
  where: string,
): Problem[] {
  const at = (key: string, message: string): Problem => ({ path: `${where}${key}`, message });
  if (said === undefined) return [];
  if (!isChecked(site.director))
    return [
      at(
        "",
        'no program checks real servers here; write "keepalived" as director.manager or "ldirectord" as director.health, or leave it out',
      ),
    ];
  const beside = changedSettings("", { ...said, type: undefined }, usualCheck);
  if (!check)
    return beside.map(({ path }) =>
      at(path, "is a setting of a check, and this service has none; write a type, or leave it out"),
    );
  const { intervalSeconds, timeoutSeconds, minHealthy, type, script } = check;
  const problems: Problem[] = isWebCheck(type)
    ? []
    : beside
        .filter(({ path }) => ofWebChecks.includes(path))
        .map(({ path }) =>
          at(
            path,
            `works only with the check types "http" and "https", and this check is ${type}; write one of them as type, or leave it out`,
          ),
        );
  if (timeoutSeconds > intervalSeconds)
    problems.push(
      at(
        ".timeoutSeconds",
        `${timeoutSeconds} s is longer than the interval of ${intervalSeconds} s; write at most ${intervalSeconds}, or a longer intervalSeconds`,
      ),
    );
  if (minHealthy > destinations.length)
    problems.push(
      at(
        ".minHealthy",
        `${minHealthy} is above the number of its real servers; write at most ${destinations.length}`,
      ),
    );
  if ((type === "script") !== (script !== undefined))
    problems.push(
      script === undefined
        ? at(".script", "is missing; write the path of the program that checks")
        : at(
            ".script",
            `works only with the check type "script", and this check is ${type}; write "script" as type, or leave it out`,
          ),
    );
  return problems;
}

function sorryProblems(site: SiteSettings, { sorryServer }: StackFile): Problem[] {
  if (!sorryServer) return [];
  if (sorryServer.address !== undefined && sorryServer.on === "director")
    return [
      {
        path: "sorryServer.address",
        message:
          'is the address of a sorry server on its own machine; write "machine" as sorryServer.on, or leave it out',
      },
    ];
  if (!isChecked(site.director))
    return [
      {
        path: "sorryServer",
        message:
          'no program would notice that no real server is left; write "keepalived" as director.manager or "ldirectord" as director.health',
      },
    ];
  if (site.services.every(({ sorryAddress }) => sorryAddress === undefined))
    return [
      { path: "sorryServer", message: "is a page over plain http, and no service uses that; leave it out" },
    ];
  return [];
}

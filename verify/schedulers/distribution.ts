/** Claims about the distribution of connections: by the scheduler, and none to a real server that is full. */
import { traitsOf } from "../../settings/schedulers";
import type { SiteSettings, VirtualServiceSettings } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { connect, withConnections } from "../probing/clients";
import { entrancesOf, tally, viewpoint } from "../probing/entrances";
import { liveDestinations } from "./destination";
import { type Distribution, measure, trialEntrances } from "./measure";
import { countOf, cycleOf } from "./schedulers";
import { tableOf } from "../probing/table";
import { nonEmpty, present } from "../../settings/lists";

/** Compares a distribution with the scheduler's arithmetic. Returns the evidence. @throws when they differ */
export function judgeDistribution(service: VirtualServiceSettings, found: Distribution): string {
  const { how, servers, expected, bounds = {}, exactly } = found;
  const counts = tally(service, servers);
  const seen = `${how}, by ${service.scheduler}: ${counts}`;
  const idle = service.destinations.filter(({ name, weight }) => weight === 0 && servers.includes(name));
  ensure(idle.length === 0, `${seen}, though ${idle.map(({ name }) => name).join(", ")} has weight 0`);
  const wanted = Object.entries(bounds)
    .map(([name, [fewest, most]]) => `${name} ${fewest} to ${most}`)
    .join(", ");
  for (const [name, [fewest, most]] of Object.entries(bounds)) {
    const count = countOf(servers, name);
    ensure(count >= fewest && count <= most, `${seen}; by chance it may be ${wanted}`);
  }
  if (expected === undefined) return `${seen}; by chance ${wanted}`;
  ensure(tally(service, expected) === counts, `${seen}; it owes ${tally(service, expected)}`);
  if (exactly === "in order")
    ensure(expected.join() === servers.join(), `${seen}: ${servers.join(" ")} and not ${expected.join(" ")}`);
  return seen;
}

/** Whether the scheduler alone decides: in a persistent service it decides only a client's first connection. */
export const isMeasurable = (site: SiteSettings, service: VirtualServiceSettings): boolean =>
  service.persistence === undefined && trialEntrances(site, service).length > 0;

export const distributionClaims = (site: SiteSettings): Claim[] =>
  site.services
    .filter((service) => isMeasurable(site, service))
    .map((service) => ({
      id: `distribution:${service.name}`,
      text: service.onePacket
        ? `${service.name}: each packet of one socket is scheduled by itself, by ${service.scheduler}`
        : `${service.name}: connections are distributed to the real servers by ${service.scheduler}`,
      prove: async (running) => judgeDistribution(service, await measure(running, service)),
    }));

/** Higher thresholds are not tested, because they need too many open connections. */
const mostHeld = 60;

const limitsOf = ({ destinations }: VirtualServiceSettings) =>
  destinations.filter(({ upperThreshold, weight }) => upperThreshold > 0 && weight > 0);

/** Whether open connections can fill one real server of the service while another one can take the rest. */
const canBeFilled = (site: SiteSettings, service: VirtualServiceSettings): boolean =>
  isMeasurable(site, service) &&
  viewpoint(site, service) === "hypervisor" &&
  traitsOf(service.scheduler).spread === "in shares" &&
  ["http", "https", "echo"].includes(service.listeners[0].application) &&
  service.protocol === "tcp" &&
  limitsOf(service).some(({ upperThreshold }) => upperThreshold <= mostHeld) &&
  limitsOf(service).length < service.destinations.filter(({ weight }) => weight > 0).length;

/** Tests one service only, because thresholds belong to real servers. */
export const thresholdClaims = (site: SiteSettings): Claim[] =>
  site.services
    .filter((service) => canBeFilled(site, service))
    .slice(0, 1)
    .map((service) => ({
      id: `threshold:${service.name}`,
      text: `${service.name}: a real server at its upper threshold gets no more connections, and gets them again below the lower one`,
      prove: (running) => proveThreshold(running, service),
    }));

async function proveThreshold(running: RunningSite, service: VirtualServiceSettings): Promise<string> {
  const limits = limitsOf(service).toSorted((a, b) => a.upperThreshold - b.upperThreshold);
  const [{ name, upperThreshold }] = nonEmpty(limits, "real server with a threshold");
  const entrances = entrancesOf(running.site, service);
  const cycle = cycleOf(
    service.scheduler,
    service.destinations.map(({ weight }) => weight),
  );
  // Each cycle gives it one connection, so it becomes full, and gets none in the last two cycles.
  const count = (upperThreshold + 2) * cycle;
  const seen = await withConnections(running, entrances, count, async (servers) => {
    const { listing } = await tableOf(running, `full ${service.name}`);
    const full = present(
      liveDestinations(service, listing).find((destination) => destination.name === name),
      `real server ${name} in the table`,
    );
    const text = `${count} connections held: ${tally(service, servers)}; ${name} has ${full.active} active and ${full.inactive} ending`;
    ensure(full.active + full.inactive <= upperThreshold, `${text}, over its threshold ${upperThreshold}`);
    ensure(!servers.slice(-cycle).includes(name), `${text}, and still got connections`);
    return text;
  });
  const back = await eventually(30, async () => {
    const { server, end } = await connect(running, entrances[0]);
    end();
    ensure(server === name, `${name} got none again after they ended`);
    return server;
  });
  return `${seen}; after they ended, ${back} got one again`;
}

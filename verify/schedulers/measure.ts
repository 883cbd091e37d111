/** Measures the distribution of a service, and predicts it with the scheduler's arithmetic. */
import { type Scheduler, type SchedulerTraits, traitsOf } from "../../settings/schedulers";
import type { Application, SiteSettings, VirtualServiceSettings } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { sendAll, conversation, withConnections } from "../probing/clients";
import { type Destination, type Packet, liveDestinations } from "./destination";
import { type Call, type Entrance, type Reply, clientOf, entrancesOf, viewpoint } from "../probing/entrances";
import { type Bounds, boundsOf, cycleOf, scheduleOf, simulate } from "./schedulers";
import { tableOf } from "../probing/table";
import { type NonEmpty, inTurn, mapNonEmpty, nonEmpty, present } from "../../settings/lists";

export interface Distribution {
  /** What was done, such as `14 connections held`. */
  readonly how: string;
  /** The real servers that answered, in order. */
  readonly servers: readonly string[];
  /** The predicted real servers, in order. Undefined for a scheduler that draws lots, which has bounds instead. */
  readonly expected?: readonly string[];
  /** Between how many connections each real server gets, by name. */
  readonly bounds?: Readonly<Record<string, Bounds>>;
  /** Whether the order is predicted too. Otherwise only the counts are, because the scheduler's initial position is unknown. */
  readonly exactly: "in order" | "in number";
}

/** How a scheduler is tested, by what its decision depends on. */
const trials: Readonly<Record<SchedulerTraits["decidesBy"], (trial: Trial) => Promise<Distribution>>> = {
  turn: turns,
  chance: drawn,
  "open connections": compared,
  "source address": sources,
  "destination address": byDestination,
};

/** The entrances that can be measured. FTP does not say which real server answers, ssh connections are not held open, and SCTP works only in turns from the client machine. */
export function trialEntrances(site: SiteSettings, service: VirtualServiceSettings): Entrance[] {
  const trial = trials[traitsOf(service.scheduler).decidesBy];
  const unfit: readonly Application[] = [compared, drawn].includes(trial) ? ["ftp", "ssh"] : ["ftp"];
  if (service.protocol === "sctp" && (trial !== turns || !site.client)) return [];
  return entrancesOf(site, service).filter(({ application }) => !unfit.includes(application));
}

/** Measures a service. Nobody else may use it meanwhile. */
export async function measure(running: RunningSite, service: VirtualServiceSettings): Promise<Distribution> {
  const destinations = liveDestinations(service, (await tableOf(running)).listing);
  const entrances = nonEmpty(trialEntrances(running.site, service), `entrance of ${service.name} to try`);
  const trial = { running, service, destinations, entrances };
  if (service.onePacket) return onePacket(trial);
  return trials[traitsOf(service.scheduler).decidesBy](trial);
}

interface Trial {
  readonly running: RunningSite;
  readonly service: VirtualServiceSettings;
  readonly destinations: readonly Destination[];
  readonly entrances: NonEmpty<Entrance>;
}

/** The largest number of connections in whole cycles up to `most`. At least one cycle. */
export function wholeCycles(scheduler: Scheduler, weights: readonly number[], most: number): number {
  const cycle = cycleOf(scheduler, weights);
  return Math.max(cycle, most - (most % cycle));
}

const weightsOf = (destinations: readonly Destination[]): number[] =>
  destinations.map(({ weight }) => weight);

/** How many connections fit below all thresholds. */
function room(destinations: readonly Destination[]): number {
  const limited = destinations.filter(({ upperThreshold }) => upperThreshold > 0);
  return Math.min(
    40,
    ...limited.map(({ upperThreshold, active, inactive }) => upperThreshold - active - inactive),
  );
}

const foretell = (
  { service, destinations }: Trial,
  packets: readonly Packet[],
  counted: "active" | "inactive" | "none",
): Pick<Distribution, "expected" | "bounds"> => {
  const once = () =>
    simulate(scheduleOf(service.scheduler, service.schedulerFlags), destinations, packets, counted);
  if (traitsOf(service.scheduler).decidesBy !== "chance") return { expected: once() };
  return {
    bounds: boundsOf(
      once,
      service.destinations.map(({ name }) => name),
    ),
  };
};

const packetOf = (reply: Reply, { vip }: Entrance): Packet => ({
  source: reply.client.address,
  sourcePort: reply.client.port,
  destination: vip,
});

/** Packets for schedulers that ignore their content. */
const anyPackets = (count: number): Packet[] =>
  Array.from({ length: count }, () => ({ source: "0.0.0.0", sourcePort: 0, destination: "0.0.0.0" }));

async function turns(trial: Trial): Promise<Distribution> {
  const { running, service, destinations, entrances } = trial;
  const from = viewpoint(running.site, service) === "client" ? clientOf(running.site).address : undefined;
  const slow = from !== undefined || entrances.every(({ application }) => application === "ssh");
  const most = Math.min(slow ? 8 : 40, room(destinations));
  const count = wholeCycles(service.scheduler, weightsOf(destinations), most);
  const calls = Array.from({ length: count }, (_, step): Call => {
    const entrance = inTurn(entrances, step);
    return { entrance, ...(from !== undefined && { from }) };
  });
  const servers = (await sendAll(running, calls)).map(({ server }) => server);
  const foretold = foretell(trial, anyPackets(count), "inactive");
  return { how: `${count} connections, one after another`, servers, ...foretold, exactly: "in number" };
}

const mostHeld = 24;

/** How many connections are needed to see the scheduler's behaviour, limited by the thresholds. */
export function heldCount(scheduler: Scheduler, weights: readonly number[]): number {
  if (traitsOf(scheduler).spread !== "to one until full")
    return Math.min(mostHeld, 2 * cycleOf(scheduler, weights));
  const active = weights.filter((weight) => weight > 0);
  const all = active.reduce((sum, weight) => sum + weight + 1, 0);
  return Math.min(mostHeld, all, Math.max(0, ...active) + 3);
}

function compared(trial: Trial): Promise<Distribution> {
  return held(trial, heldCount(trial.service.scheduler, weightsOf(trial.destinations)));
}

/** The more connections, the less is left to chance. */
function drawn(trial: Trial): Promise<Distribution> {
  return held(trial, Math.min(mostHeld, room(trial.destinations)));
}

async function held(trial: Trial, count: number): Promise<Distribution> {
  const { running, service, entrances } = trial;
  const foretold = foretell(trial, anyPackets(count), service.protocol === "udp" ? "inactive" : "active");
  const servers = await withConnections(running, entrances, count, (known) => Promise.resolve(known));
  return { how: `${count} connections held`, servers, ...foretold, exactly: "in number" };
}

/** Connections from the same source; from many ports when the scheduler uses the port. */
async function sources(trial: Trial): Promise<Distribution> {
  const { running, service, entrances } = trial;
  const ports = service.schedulerFlags.some((flag) => flag.endsWith("-port"));
  const machine = service.family === 4 ? (running.site.client?.nics[0].addresses ?? []) : [];
  const [entrance] = entrances;
  const far = viewpoint(running.site, service) === "client";
  const own = Array.from({ length: far ? 0 : ports ? 20 : 3 }, (): Call => ({ entrance }));
  const calls = [
    ...own,
    ...machine.flatMap((from) => Array.from({ length: 3 }, (): Call => ({ entrance, from }))),
  ];
  const replies = await sendAll(running, calls);
  const packets = replies.map((reply) => packetOf(reply, entrance));
  return {
    how: `${calls.length} connections from ${new Set(packets.map(({ source }) => source)).size} addresses`,
    servers: replies.map(({ server }) => server),
    ...foretell(trial, packets, "none"),
    exactly: "in order",
  };
}

/** One open connection to each VIP, then more of them. A scheduler by destination keeps each VIP at its first real server. */
async function byDestination(trial: Trial): Promise<Distribution> {
  const { running, service, entrances } = trial;
  const vips = mapNonEmpty(service.vips, (vip) =>
    present(
      entrances.find((entrance) => entrance.vip === vip),
      `entrance at ${vip}`,
    ),
  );
  const { first, again } = await withConnections(running, vips, vips.length, async (firstServers) => ({
    first: firstServers,
    again: await sendAll(
      running,
      [...vips, ...vips].map((entrance) => ({ entrance })),
    ),
  }));
  const asked = [...vips, ...vips, ...vips];
  const packets = asked.map(({ vip }) => ({ source: "0.0.0.0", sourcePort: 0, destination: vip }));
  const kept = [...first, ...first, ...first];
  return {
    how: `${asked.length} connections to ${vips.length} addresses`,
    servers: [...first, ...again.map(({ server }) => server)],
    ...(traitsOf(service.scheduler).remembersDestination
      ? { expected: kept }
      : foretell(trial, packets, "none")),
    exactly: "in order",
  };
}

async function onePacket(trial: Trial): Promise<Distribution> {
  const count = wholeCycles(trial.service.scheduler, weightsOf(trial.destinations), 10);
  const talk = await conversation(trial.entrances[0]);
  const servers: string[] = [];
  try {
    while (servers.length < count) servers.push(await talk.say());
  } finally {
    talk.end();
  }
  const foretold = foretell(trial, anyPackets(count), "none");
  return { how: `${count} packets of one socket`, servers, ...foretold, exactly: "in number" };
}

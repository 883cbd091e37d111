/** The claim that a client is scheduled again after the persistence timeout. */
import { fromNumber } from "../../settings/ipv4";
import { alternates } from "../../settings/schedulers";
import type { SiteSettings, VirtualServiceSettings } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure, cached } from "../claim";
import { sendAll, endsByFin } from "../probing/clients";
import { type ClientCall, entranceOf } from "../probing/entrances";
import { type Persistent, clientNetwork, isPage, sourcesOf, testableByClients } from "./persistence";
import { paired, present } from "../../settings/lists";

/** Services with a longer timeout, in seconds, are not tested. */
const longestTimeoutSeconds = 20;

/** Services whose templates can expire: a template stays while one of its connections does (ip_vs_conn_expire()). */
const expiring = (site: SiteSettings): Persistent[] =>
  testableByClients(site).filter((service) => {
    const { timeoutSeconds } = service.persistence;
    const forgotten = site.director.timeouts.tcpFinSeconds + 2 < timeoutSeconds;
    return endsByFin(site, service) && forgotten && timeoutSeconds <= longestTimeoutSeconds;
  });

const callsTo = (running: RunningSite, service: Persistent, sources: readonly string[]): ClientCall[] =>
  sources.map((from) => ({ entrance: entranceOf(running.site, service, isPage), from }));

/** The real server that answered each address, by service. */
type Answers = ReadonlyMap<string, ReadonlyMap<string, string>>;

async function askEach(running: RunningSite, calls: readonly ClientCall[]): Promise<Answers> {
  const answers = new Map<string, Map<string, string>>();
  for (const [{ entrance, from }, { server }] of paired(calls, await sendAll(running, calls))) {
    const own = answers.get(entrance.service.name) ?? new Map<string, string>();
    answers.set(entrance.service.name, own.set(from, server));
  }
  return answers;
}

/** Who answered each address for one service. */
const answersFor = (answers: Answers, { name }: Persistent): ReadonlyMap<string, string> =>
  present(answers.get(name), `answer of ${name}`);

/** Two clients of different networks that share a real server. An alternating scheduler gives them different ones when it schedules both again. */
function sharersOf(service: Persistent, answers: ReadonlyMap<string, string>): readonly string[] {
  const clients = [...answers.keys()];
  const pairs = clients.flatMap((one, index) =>
    clients.slice(index + 1).map((other) => [one, other] as const),
  );
  const shares = ([one, other]: readonly [string, string]) =>
    answers.get(one) === answers.get(other) && clientNetwork(service, one) !== clientNetwork(service, other);
  return (alternates(service.scheduler) && pairs.find(shares)) || [];
}

/** Waits for one timeout, for all services that have it. */
const absence = (running: RunningSite, timeoutSeconds: number) =>
  cached(running, `absence of ${timeoutSeconds} s`, async () => {
    const services = expiring(running.site).filter(
      ({ persistence }) => persistence.timeoutSeconds === timeoutSeconds,
    );
    const calls = services.flatMap((service) => callsTo(running, service, sourcesOf(running.site)));
    const director = running.site.director.name;
    // On a busy host the first template may expire before the last client has connected.
    const { before, atFirst } = await eventually(120, async () => {
      const answers = await askEach(running, calls);
      const listing = await running.execOk(director, "ipvsadm -Lnc");
      for (const service of services)
        ensure(templatesOf(service, listing).length > 0, "no client had a template at first");
      return { before: answers, atFirst: listing };
    });
    const left = await running.execOk(director, `sleep ${timeoutSeconds + 2}; ipvsadm -Lnc`, 120_000);
    const after = await askEach(
      running,
      services.flatMap((service) =>
        callsTo(running, service, sharersOf(service, answersFor(before, service))),
      ),
    );
    return { before, atFirst, left, after };
  });

/** Claims that need services that nobody else uses. */
export const timeoutClaims = (site: SiteSettings): Claim[] =>
  expiring(site).map((service) => {
    const { name } = service;
    const { timeoutSeconds } = service.persistence;
    return {
      id: `persistence-timeout:${name}`,
      text: `${name}: a client is scheduled anew ${timeoutSeconds} s after its last connection`,
      waitsSeconds: longestTimeoutSeconds,
      async prove(running) {
        const { before, atFirst, left, after } = await absence(running, timeoutSeconds);
        const kept = templatesOf(service, atFirst).length;
        const still = templatesOf(service, left);
        ensure(still.length === 0, `after ${timeoutSeconds + 2} s there is still ${still.join("; ")}`);
        const gone = `${kept} templates, none after ${timeoutSeconds + 2} s`;
        const sharers = sharersOf(service, answersFor(before, service));
        if (sharers.length === 0) return gone;
        const serversOf = (answers: Answers) =>
          sharers.map((client) => present(answersFor(answers, service).get(client), `answer to ${client}`));
        const [now, [shared]] = [serversOf(after), serversOf(before)];
        const text = `${gone}; ${sharers.join(" and ")} shared ${shared}, and then had ${now.join(" and ")}`;
        ensure(now[0] !== now[1], text);
        return text;
      },
    };
  });

/** The persistence templates in the output of `ipvsadm -Lnc`: lines with source port 0. */
export function templatesOf({ vip, port, fwmark }: VirtualServiceSettings, listing: string): string[] {
  const key = fwmark === undefined ? `${vip}:${port}` : `${fromNumber(fwmark)}:0`;
  return listing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => {
      const [, , , source, virtual] = line.split(/\s+/);
      return source?.endsWith(":0") && virtual === key;
    });
}

/** Claims about persistence: a client stays with its real server, across ports that count as one, and other clients are scheduled separately. */
import { toNumber } from "../../settings/ipv4";
import { traitsOf } from "../../settings/schedulers";
import { type SiteSettings, type VirtualServiceSettings, isWeb } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure, cached } from "../claim";
import { sendAll } from "../probing/clients";
import { type ClientCall, type Entrance, type Reply, entrancesOf, tally } from "../probing/entrances";
import { nonEmpty, paired, present } from "../../settings/lists";

export type Persistent = VirtualServiceSettings & Required<Pick<VirtualServiceSettings, "persistence">>;

const persistent = ({ services }: SiteSettings): Persistent[] =>
  services.filter((service): service is Persistent => service.persistence !== undefined);

/** Whether the scheduler gives two clients in a row to two real servers. */
function partsClients({ scheduler, destinations }: VirtualServiceSettings): boolean {
  const weights = destinations.map(({ weight }) => weight).filter((weight) => weight > 0);
  const inShares = traitsOf(scheduler).spread === "in shares";
  return inShares && weights.length > 1 && new Set(weights).size === 1;
}

/** Whether an entrance serves pages. */
export const isPage = ({ application }: Entrance): boolean => isWeb(application);

/** Every port of a service, of port 0 also sshd's. */
function portsOf(site: SiteSettings, service: VirtualServiceSettings): Entrance[] {
  const entrances = entrancesOf(site, service).filter(({ application }) => application !== "ftp");
  const { vip } = service;
  return service.port === 0 ? [...entrances, { service, vip, port: 22, application: "ssh" }] : entrances;
}

const staying = (site: SiteSettings): Claim[] =>
  persistent(site)
    .filter(({ protocol }) => protocol !== "sctp")
    .map((service) => ({
      id: `persistence:${service.name}`,
      text: `${service.name}: a client stays with its real server, on every port that the service has`,
      async prove(running) {
        const entrances = portsOf(site, service);
        const calls = [1, 2, 3].flatMap(() => entrances.map((entrance) => ({ entrance })));
        const servers = (await sendAll(running, calls)).map(({ server }) => server);
        const ports = entrances.map(({ vip, port }) => `${vip}:${port}`).join(", ");
        const seen = `${servers.length} connections to ${ports}: ${tally(service, servers)}`;
        ensure(new Set(servers).size === 1, seen);
        return seen;
      },
    }));

/** Persistent services that can be tested with several clients, from the client machine's addresses. */
export const testableByClients = (site: SiteSettings): Persistent[] =>
  persistent(site).filter(
    (service) => site.client !== undefined && service.family === 4 && entrancesOf(site, service).some(isPage),
  );

export const sourcesOf = ({ client }: SiteSettings): readonly string[] => client?.nics[0].addresses ?? [];

/** Pairs of services of one VIP, each with its own port (PPC). */
function pairsOf(site: SiteSettings): (readonly [Persistent, Persistent])[] {
  const plain = testableByClients(site).filter(({ fwmark, port }) => fwmark === undefined && port !== 0);
  return plain.flatMap((first, index) =>
    plain
      .slice(index + 1)
      .filter((second) => second.vip === first.vip && partsClients(first) && partsClients(second))
      .map((second) => [first, second] as const),
  );
}

type Answer = Reply & { readonly from: string };

/**
 * Each address of the client machine asks each service twice. The second service of a pair is asked by the first two addresses in
 * the opposite order. Otherwise an alternating scheduler could give every client the same real server for both services.
 */
const asked = (running: RunningSite): Promise<ReadonlyMap<string, readonly Answer[]>> =>
  cached(running, "persistent clients", async () => {
    const { site } = running;
    const seconds = pairsOf(site).map(([, second]) => second);
    const calls = testableByClients(site).flatMap((service) => {
      const [first, second, ...rest] = sourcesOf(site);
      const swapped = seconds.includes(service) && first !== undefined && second !== undefined;
      const order = swapped ? [second, first, ...rest] : sourcesOf(site);
      return order.flatMap((from) => callsTo(site, service, from));
    });
    const replies = await sendAll(running, calls);
    const answers = testableByClients(site).map(({ name }) => {
      const own = paired(calls, replies).flatMap(([{ entrance, from }, reply]) =>
        entrance.service.name === name ? [{ ...reply, from }] : [],
      );
      return [name, own] as const;
    });
    return new Map(answers);
  });

function callsTo(site: SiteSettings, service: Persistent, from: string): ClientCall[] {
  const entrances = nonEmpty(entrancesOf(site, service).filter(isPage), `page of ${service.name}`);
  return [...entrances, entrances[0]].map((entrance) => ({ entrance, from }));
}

/** The network that a client's address belongs to by the service's netmask. */
export function clientNetwork({ persistence }: Persistent, address: string): string {
  const mask = toNumber(persistence.netmask);
  const network = [24, 16, 8, 0].map((shift) => (toNumber(address) >>> shift) & (mask >>> shift) & 255);
  return network.join(".");
}

const apart = (site: SiteSettings): Claim[] =>
  testableByClients(site)
    .filter((service) => partsClients(service) && sourcesOf(site).length > 1)
    .map((service) => {
      const networks = new Set(sourcesOf(site).map((address) => clientNetwork(service, address)));
      const single = networks.size === 1;
      return {
        id: `persistence-clients:${service.name}`,
        text: single
          ? `${service.name}: clients of one network (mask ${service.persistence.netmask}) count as one`
          : `${service.name}: not all clients get the same real server`,
        async prove(running) {
          const replies = present((await asked(running)).get(service.name), `reply of ${service.name}`);
          const seen = tally(
            service,
            replies.map(({ server }) => server),
          );
          const text = `${replies.length} connections from ${sourcesOf(site).length} addresses: ${seen}`;
          for (const network of networks) {
            const own = replies.filter(({ from }) => clientNetwork(service, from) === network);
            ensure(new Set(own.map(({ server }) => server)).size === 1, `${text}; ${network} did not stay`);
          }
          ensure(single || new Set(replies.map(({ server }) => server)).size > 1, text);
          return text;
        },
      };
    });

const separate = (site: SiteSettings): Claim[] =>
  pairsOf(site)
    .filter(() => sourcesOf(site).length > 2)
    .map(([first, second]) => ({
      id: `persistence-ports:${first.name}+${second.name}`,
      text: `${first.name} and ${second.name}: persistence on one port does not apply to the other`,
      async prove(running) {
        const answers = await asked(running);
        const serverOf = ({ name }: Persistent, address: string) =>
          present(
            answers.get(name)?.find(({ from }) => from === address),
            `reply of ${name} to ${address}`,
          ).server;
        const both = sourcesOf(site).map((address) => ({
          address,
          one: serverOf(first, address),
          other: serverOf(second, address),
        }));
        const seen = both.map(({ address, one, other }) => `${address} has ${one} and ${other}`).join(", ");
        ensure(
          both.some(({ one, other }) => one !== other),
          seen,
        );
        return seen;
      },
    }));

export const persistenceClaims = (site: SiteSettings): Claim[] => [...staying(site)];

/** These claims run after the others, because they depend on the order of clients. */
export const persistentClientsClaims = (site: SiteSettings): Claim[] => [...apart(site), ...separate(site)];

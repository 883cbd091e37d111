/** Full service: every machine well, one director active, every real server in its table, and ready. */
import {
  type SiteSettings,
  asBalanced,
  bracketed,
  databasesOf,
  directorsOf,
  frontWay,
} from "../settings/site";
import { databaseStatus } from "../running/database";
import { gather } from "../running/health";
import type { RunningSite } from "../running/runningSite";
import { listedAs, parseListing } from "../verify/balancing/table";

/** Names of the directors that hold the VIPs: one, unless something is wrong. */
export async function activeDirectors(running: RunningSite): Promise<readonly string[]> {
  const directors = directorsOf(running.site);
  const active = await Promise.all(directors.map((director) => running.isActive(director)));
  return directors.filter((_, index) => active[index]).map(({ name }) => name);
}

/** What a director's table (`ipvsadm -Ln`) lacks of what the settings say; who is drained may be out of it. */
export function tableProblems(site: SiteSettings, text: string): string[] {
  const listing = parseListing(text);
  return asBalanced(site).services.flatMap((service) =>
    service.destinations
      .filter(({ address, port, weight }) => {
        const endpoint = `${bracketed(address)}:${port}`;
        const listed = listing.get(listedAs(service))?.find((server) => server.endpoint === endpoint);
        return (listed?.numbers[0] ?? 0) !== weight;
      })
      .map(({ name }) => `${service.name}: ${name} is not in the table with its weight`),
  );
}

async function directorProblems(running: RunningSite): Promise<string[]> {
  const active = await activeDirectors(running);
  if (active.length !== 1) return [`the VIP is held by ${active.join(" and ") || "no director"}`];
  return tableProblems(running.site, (await running.exec(active[0]!, "ipvsadm -Ln")).stdout);
}

/** Each real server is asked on itself: a client may have no way to its own address. */
async function readinessProblems(running: RunningSite): Promise<string[]> {
  const { listener, port } = frontWay(running.site);
  const service = running.site.services.find(({ listeners }) => listeners.includes(listener))!;
  const found = await Promise.all(
    service.destinations.map(async (server) => {
      const url = `${listener.application}://${bracketed(server.address)}:${server.port || port}/readyz`;
      const ask = `curl -sk -o /dev/null -m 10 -w '%{http_code}' '${url}' || true`;
      const { stdout } = await running.exec(server.name, ask);
      return stdout.trim() === "200" ? [] : [`${server.name}: /readyz is ${stdout.trim() || "not answered"}`];
    }),
  );
  return found.flat();
}

async function machineProblems(running: RunningSite): Promise<string[]> {
  return (await gather(running)).flatMap(({ name, reachable, services }) => {
    if (!reachable) return [`${name} is unreachable`];
    return Object.entries(services).flatMap(([unit, state]) =>
      state === "active" ? [] : [`${name}: ${unit} is ${state}`],
    );
  });
}

/** A database of two machines starts read-only, and takes writes once it has asked the other one. */
export async function databaseProblems(running: RunningSite): Promise<string[]> {
  if (!running.site.replica) return [];
  const found = await Promise.all(databasesOf(running.site).map(({ name }) => databaseStatus(running, name)));
  return found.some((status) => status?.role === "primary") ? [] : ["no database takes writes"];
}

/** What is not as it should be; empty in full service. */
export async function serviceProblems(running: RunningSite): Promise<readonly string[]> {
  const all = await Promise.all([
    machineProblems(running),
    directorProblems(running),
    readinessProblems(running),
    databaseProblems(running),
  ]);
  return all.flat();
}

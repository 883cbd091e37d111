/** Full service: every machine is well, one director is active, and every real server is ready and in its table. */
import { type SiteSettings, withDrainedAtZero, bracketed, databasesOf, frontWay } from "../settings/site";
import { databaseStatus } from "../running/database";
import { activeDirectors } from "../running/directors";
import { healthOf } from "../running/health";
import type { RunningSite } from "../running/runningSite";
import { listedAs, parseListing } from "../running/ipvsTable";

/** Real servers that a director's table (`ipvsadm -Ln`) lacks, or has with another weight. Drained ones may be missing. */
export function tableProblems(site: SiteSettings, text: string): string[] {
  const listing = parseListing(text);
  return withDrainedAtZero(site).services.flatMap((service) =>
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
  const [director, ...others] = active;
  if (director === undefined || others.length > 0)
    return [`the VIP is held by ${active.join(" and ") || "no director"}`];
  return tableProblems(running.site, (await running.exec(director, "ipvsadm -Ln")).stdout);
}

/** Asks each real server on the machine itself, because a client may have no route to its address. */
async function readinessProblems(running: RunningSite): Promise<string[]> {
  const { service, listener, port } = frontWay(running.site);
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
  return (await healthOf(running)).flatMap(({ name, reachable, services }) => {
    if (!reachable) return [`${name} is unreachable`];
    return Object.entries(services).flatMap(([unit, state]) =>
      state === "active" ? [] : [`${name}: ${unit} is ${state}`],
    );
  });
}

/** With a replica, a database starts read-only. It takes writes after it has asked the other machine. */
export async function databaseProblems(running: RunningSite): Promise<string[]> {
  if (!running.site.replica) return [];
  const found = await Promise.all(databasesOf(running.site).map(({ name }) => databaseStatus(running, name)));
  return found.some((status) => status?.role === "primary") ? [] : ["no database takes writes"];
}

/** Everything that is wrong with the site. Empty in full service. */
export async function serviceProblems(running: RunningSite): Promise<readonly string[]> {
  const all = await Promise.all([
    machineProblems(running),
    directorProblems(running),
    readinessProblems(running),
    databaseProblems(running),
  ]);
  return all.flat();
}

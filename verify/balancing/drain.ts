/** The claim about draining: a real server at weight 0 gets no new clients and keeps its connections. */
import { once as next } from "node:events";
import type { Socket } from "node:net";
import { reachesAll } from "../../settings/schedulers";
import {
  type SiteSettings,
  type VirtualServiceSettings,
  onlyServers,
  weightedNames,
} from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure } from "../claim";
import {
  type Entrance,
  entranceOf,
  entrancesOf,
  probePath,
  tally,
  urlOf,
  viewpoint,
} from "../probing/entrances";
import { requestsDuring } from "../probing/traffic";

const isPlainWeb = ({ application }: Entrance): boolean => application === "http";

/** Whether a real server can be drained so that every service keeps another one. */
function someStay(site: SiteSettings, service: VirtualServiceSettings): boolean {
  const concerned = weightedNames(service);
  return concerned.length > 1 && !onlyServers(site).some((name) => concerned.includes(name));
}

/**
 * A scheduler that decides by source or destination may choose the drained real server and refuse the client. Such
 * services are left out.
 */
const drainable = (site: SiteSettings): VirtualServiceSettings | undefined =>
  site.services.find(
    (service) =>
      reachesAll(service.scheduler) &&
      service.persistence === undefined &&
      someStay(site, service) &&
      viewpoint(site, service) === "hypervisor" &&
      entrancesOf(site, service).some(isPlainWeb),
  );

/** Opens a connection and keeps it open. Resolves with the name of the real server that the scheduler chose. */
async function hold(running: RunningSite, entrance: Entrance): Promise<{ server: string; socket: Socket }> {
  const { headers, socket } = await running.open(probePath(running.site), { base: urlOf(entrance) });
  return { server: String(headers["x-real-server"]), socket };
}

/** Sends one more request on an open connection. Resolves with the name of the real server that answers. */
async function askAgain(running: RunningSite, entrance: Entrance, socket: Socket): Promise<string> {
  const { host } = new URL(urlOf(entrance));
  const answered = next(socket, "data") as Promise<[Buffer]>;
  socket.write(`GET ${probePath(running.site)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [data] = await answered;
  return /^x-real-server: (\S+)/im.exec(data.toString())?.[1] ?? "nobody";
}

export function drainClaims(site: SiteSettings): Claim[] {
  const service = drainable(site);
  if (!service) return [];
  return [
    {
      id: `drain:${service.name}`,
      text: `${service.name}: a drained real server (weight 0) gets no new clients and keeps its connections, and no request fails`,
      async prove(running) {
        const entrance = entranceOf(site, service, isPlainWeb);
        const { server, socket } = await hold(running, entrance);
        try {
          const drain = () => running.execOk(running.site.director.name, `lvs-director drain ${server}`);
          const before = await requestsDuring(running, entrance, drain);
          const after = await requestsDuring(
            running,
            entrance,
            () => new Promise((resolve) => setTimeout(resolve, 3000)),
          );
          const again = await askAgain(running, entrance, socket);
          const seen = `${server} at weight 0: ${after.servers.length} requests went to ${tally(service, after.servers)}, after ${before.servers.length} until then; the connection held was answered by ${again}`;
          const failures = [...before.failures, ...after.failures];
          ensure(failures.length === 0, `${seen}; ${failures.join("; ")}`);
          ensure(!after.servers.includes(server) && again === server, seen);
          return seen;
        } finally {
          socket.destroy();
          await running.execOk(running.site.director.name, `lvs-director undrain ${server}`);
        }
      },
    },
  ];
}

/** A director in miniature: a web server on the loopback network that schedules its connections as IPVS would. */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Scheduler, SchedulerFlag } from "../../../settings/schedulers";
import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import type { StackOutputs } from "../../../settings/outputs";
import { RunningSite } from "../../../running/runningSite";
import type { Destination, Schedule } from "../../../verify/schedulers/destination";
import { scheduleOf } from "../../../verify/schedulers/schedulers";

export const vip = "127.0.0.40";

export interface Balancer {
  readonly running: RunningSite;
  readonly site: SiteSettings;
  close(): void;
}

export interface Wanted {
  /** What the site is told to have. */
  readonly scheduler: Scheduler;
  readonly schedulerFlags?: readonly SchedulerFlag[];
  readonly weights?: readonly number[];
  readonly upperThreshold?: number;
  /** What the miniature does; by default the same. */
  readonly really?: Schedule;
}

/** No stack file may ask for the loopback network, so a site comes there from 172.16.0.0/24. */
function onLoopback(raw: Record<string, unknown>): SiteSettings {
  const site = JSON.stringify(resolveSite("miniature", raw));
  return JSON.parse(site.replaceAll("172.16.0.", "127.0.0.")) as SiteSettings;
}

/** A lab whose director is the miniature; weights are rs1's, rs2's and so on. */
export async function balancer(wanted: Wanted): Promise<Balancer> {
  const { scheduler, schedulerFlags = [], weights = [2, 5], upperThreshold = 0 } = wanted;
  const servers = new WeakMap<Socket, string>();
  let destinations: Destination[] = [];
  const schedule = wanted.really ?? scheduleOf(scheduler, schedulerFlags);
  const web = createServer((request, response) => {
    response.setHeader("X-Real-Server", servers.get(request.socket)!).end("ok");
  });
  web.on("connection", (socket) => {
    const packet = { source: socket.remoteAddress!, sourcePort: socket.remotePort!, destination: vip };
    const chosen = schedule(destinations, packet);
    if (!chosen) return socket.resetAndDestroy();
    servers.set(socket, chosen.name);
    chosen.active += 1;
    socket.on("close", () => {
      chosen.active -= 1;
      chosen.inactive += 1;
      setTimeout(() => (chosen.inactive -= 1), 100).unref();
    });
  });
  await new Promise<void>((resolve) => web.listen(0, vip, resolve));
  const { port } = web.address() as AddressInfo;
  const site = onLoopback({
    content: "static",
    services: [{ port, scheduler, schedulerFlags }],
    realServers: weights.map((weight, index) => ({
      weight,
      upperThreshold: index === 0 ? upperThreshold : 0,
    })),
  });
  // The kernel lists the one added last first.
  destinations = site.services[0].destinations.map((one) => ({ ...one, active: 0, inactive: 0 })).reverse();
  const running = new RunningSite({
    site,
    url: `http://${vip}:${port}/`,
    operatorKey: "",
    hostKeys: Object.fromEntries(["director", "rs1", "rs2", "rs3"].map((name) => [name, "ssh-ed25519 AAAA"])),
  } as unknown as StackOutputs);
  running.execOk = () =>
    Promise.resolve(
      [
        "==\n==",
        `TCP  ${vip}:${port} ${scheduler}`,
        ...destinations.map(
          (one) => `  -> ${one.address}:${one.port}  Route ${one.weight} ${one.active} ${one.inactive}`,
        ),
      ].join("\n"),
    );
  return {
    running,
    site,
    close() {
      running.close();
      web.closeAllConnections();
      web.close();
    },
  };
}

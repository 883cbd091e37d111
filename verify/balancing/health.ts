/** Claims about health checks: a real server that fails is removed from the table, is logged, and comes back. */
import { methodOf } from "../../settings/forwarding";
import {
  type SiteSettings,
  type VirtualServiceSettings,
  bracketed,
  isWeb,
  weightedNames,
} from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { type Entrance, entranceOf, viewpoint } from "../probing/entrances";
import { requestsDuring } from "../probing/traffic";
import { present } from "../../settings/lists";
import { beforeFirst } from "../../settings/text";

/**
 * Seconds from a fault until the real server is out of the table. The fault may begin right after a good answer, and the last miss
 * is known only after its timeout.
 */
export function detectionSeconds({ name, check }: VirtualServiceSettings): number {
  const { intervalSeconds, retries, timeoutSeconds } = present(check, `check of ${name}`);
  return intervalSeconds * retries + timeoutSeconds;
}

/** Seconds that an emulated director may need on top of its checks. */
const slackSeconds = 40;

/** Web services with http or https checks that can lose a real server and still have enough of them. */
const watched = (site: SiteSettings): VirtualServiceSettings[] =>
  site.services.filter(
    (service) =>
      service.check !== undefined &&
      ["http", "https"].includes(service.check.type) &&
      service.listeners.every(({ application }) => isWeb(application)) &&
      viewpoint(site, service) === "hypervisor" &&
      weightedNames(service).length > Math.max(1, service.check.minHealthy),
  );

/** The present weight of a real server in a service. Undefined when it is not in the table. */
async function weightOf(
  running: RunningSite,
  service: VirtualServiceSettings,
  name: string,
): Promise<number | undefined> {
  const { address, port } = present(
    service.destinations.find((destination) => destination.name === name),
    `real server ${name} of ${service.name}`,
  );
  const script = `ipvsadm -Sn | awk '$1 == "-a" && $5 == "${bracketed(address)}:${port}" { print $8 }'`;
  const weight = await running.execOk(running.site.director.name, script);
  return weight === "" ? undefined : Number(weight.split("\n")[0]);
}

interface Fault {
  readonly id: string;
  readonly claim: string;
  readonly inject: string;
  readonly undo: string;
}

const stoppedNginx: Fault = {
  id: "health",
  claim: "a real server whose nginx stops is taken out, and comes back by itself",
  inject: "systemctl stop nginx",
  undo: "systemctl start nginx",
};

/** The command that removes a VIP from a real server. */
export const withoutVip = (vip: string, device: string): string =>
  `ip address del ${vip}/${vip.includes(":") ? 128 : 32} dev ${device}`;

const missingVip = (vip: string, device: string): Fault => ({
  id: "health-vip",
  claim:
    "a real server without its VIP is taken out although its own address answers, and comes back by itself",
  inject: withoutVip(vip, device),
  undo: "lvs-real-server start",
});

function takenOut(service: VirtualServiceSettings, { id, claim, inject, undo }: Fault): Claim {
  const { name, weight } = present(
    service.destinations.findLast((one) => one.weight > 0),
    `real server of ${service.name} with a weight`,
  );
  return {
    id: `${id}:${service.name}`,
    text: `${service.name}: ${claim}`,
    waitsSeconds: 4 * (detectionSeconds(service) + slackSeconds),
    breaks: [name],
    async prove(running) {
      const started = Date.now();
      const since = () => ((Date.now() - started) / 1000).toFixed(1);
      const isOut = async () => {
        const now = await weightOf(running, service, name);
        ensure(now === undefined || now === 0, `${name} still has weight ${String(now)}`);
        return since();
      };
      const isBack = async () => {
        const now = await weightOf(running, service, name);
        ensure(now === weight, `${name} has weight ${String(now ?? "none")}, not ${weight}`);
        return since();
      };
      const limit = detectionSeconds(service) + slackSeconds;
      await running.execOk(name, inject);
      let out: string;
      let served: string;
      try {
        out = await eventually(limit, isOut);
        served = await others(running, service, name);
      } finally {
        await running.execOk(name, undo);
      }
      const back = await eventually(limit, isBack);
      const journal = await running.execOk(
        running.site.director.name,
        `journalctl -t lvs-health -n 100 -o cat --no-pager | grep '^${service.name}: ${name} '`,
      );
      const [gone = "", returned = ""] = journal.split("\n").slice(-2);
      ensure(/is gone: /.test(gone) && /is back/.test(returned), `the journal says: ${journal}`);
      return `out after ${out} s, back after ${back} s; meanwhile ${served}; the journal: ${gone}; ${returned}`;
    },
  };
}

/** Proves that a removed real server gets no more requests. */
async function others(running: RunningSite, service: VirtualServiceSettings, name: string): Promise<string> {
  const entrance = entranceOf(running.site, service, ({ application }) => isWeb(application));
  const pause = () => new Promise((resolve) => setTimeout(resolve, 2000));
  const { servers, failures } = await requestsDuring(running, entrance, pause);
  ensure(
    failures.length === 0 && !servers.includes(name),
    `with ${name} out: ${failures.join("; ") || servers.join(", ")}`,
  );
  return `${servers.length} of ${servers.length} requests were answered`;
}

/** The sorry page is requested on the director itself, because the VIP shows it only while there is no real server. */
const sorryPage = (service: VirtualServiceSettings, { application, port }: Entrance): Claim => ({
  id: `sorry:${service.name}`,
  text: `${service.name}: the sorry page is ready: 503 with Retry-After`,
  async prove(running) {
    const { director } = running.site;
    const sorry = present(running.site.sorry, "sorry server");
    const host = sorry.machine?.name ?? director.name;
    // On a machine of its own, the page is on the port to which the director translates.
    const mapped = sorry.machine && methodOf(service.forwarding).vipDevice === undefined;
    const listener = service.listeners.find((one) => one.application === application);
    const at = mapped ? present(listener, `listener for ${application}`).from : port;
    const url = `${application}://127.0.0.1:${at}/any/page`;
    const head = await running.execOk(host, `curl -ksS -D - -o /dev/null '${url}'`);
    const status = beforeFirst(head, "\r");
    const retry = /^retry-after: (\d+)/im.exec(head)?.[1];
    ensure(/ 503/.test(status) && Number(retry) === sorry.retryAfterSeconds, head);
    return `${host}: ${status}, Retry-After ${retry}`;
  },
});

export function healthClaims(site: SiteSettings): Claim[] {
  return watched(site).flatMap((service) => {
    const { vipDevice } = methodOf(service.forwarding);
    const [vip] = service.vips;
    return [
      takenOut(service, stoppedNginx),
      ...(vipDevice && service.check?.path === "/readyz"
        ? [takenOut(service, missingVip(vip, vipDevice))]
        : []),
    ];
  });
}

export const sorryClaims = (site: SiteSettings): Claim[] =>
  site.services
    .filter(({ sorryAddress }) => sorryAddress !== undefined)
    .map((service) =>
      sorryPage(
        service,
        entranceOf(site, service, ({ application }) => isWeb(application)),
      ),
    );

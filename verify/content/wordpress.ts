/** What the site promises: pages, uploads and posts are the same whichever real server is asked. */
import { type SiteSettings, frontWay } from "../../settings/site";
import type { Lab } from "../../running/runningSite";
import { Administrator, type Via } from "../probing/administrator";
import { proveDirectReturn } from "./applications";
import { type Check, expect } from "../claim";
import { sourcesSeen, viewpoint } from "../probing/entrances";

/** The service that visitors use. */
function frontService(site: SiteSettings) {
  const { listener } = frontWay(site);
  return site.services.find(({ listeners }) => listeners.includes(listener))!;
}

/** Each real server, and where it answers for the site itself. */
export const realServers = (site: SiteSettings): { name: string; via: Via }[] =>
  frontService(site).destinations.map(({ name, address, port }) => ({
    name,
    via: { address, port: port || frontWay(site).port },
  }));

/** The real servers that write and read in these checks: the first and the last. */
const ends = ({ site }: Lab) => [realServers(site)[0]!, realServers(site).at(-1)!] as const;

/** Files of WordPress: one like those that pages ask for, and one that is larger than any page. */
export const smallFile = "/wp-includes/js/wp-embed.min.js";
export const largeFile = "/wp-includes/js/jquery/jquery.js";

const seenAddress: Check = {
  id: "client-address",
  claim: "each real server sees the address that the forwarding method promises",
  async prove(lab) {
    const marker = `lvs-verify=${Date.now()}`;
    const servers = realServers(lab.site);
    const service = frontService(lab.site);
    for (let count = 0; count < servers.length * 4; count += 1) await lab.get(`${smallFile}?${marker}`);
    const find = `grep -F '${marker}' /var/log/nginx/access.log | cut -d' ' -f2 | sort -u`;
    const seen = await Promise.all(
      servers.map(async ({ name }) => ({
        name,
        saw: (await lab.tell(name, find)).split("\n").filter(Boolean),
      })),
    );
    const text = seen.map(({ name, saw }) => `${name} saw ${saw.join(" ") || "no request"}`).join(", ");
    const right = sourcesSeen(lab.site, service);
    expect(
      seen.some(({ saw }) => saw.length > 0) &&
        seen.every(({ saw }) => saw.every((one) => right.includes(one))),
      text,
    );
    const turns = service.scheduler === "rr" && !service.persistence;
    const idle = service.destinations.filter(({ weight }) => weight === 0).map(({ name }) => name);
    expect(!turns || seen.every(({ name, saw }) => saw.length > 0 || idle.includes(name)), text);
    return text;
  },
};

const bypass: Check = {
  id: "direct-return",
  claim: "what a client downloads bypasses the director",
  prove: (lab) =>
    proveDirectReturn(lab, async () => {
      const bodies = [];
      for (let count = 0; count < 4; count += 1) bodies.push((await lab.get(largeFile)).body.length);
      return bodies.reduce((sum, length) => sum + length, 0);
    }),
};

/** As the first of a site's checks that measure the director's traffic. */
export function wordpressReturnChecks(site: SiteSettings): Check[] {
  const service = frontService(site);
  const direct = service.forwarding === "dr" || service.forwarding === "tun";
  return direct && viewpoint(site, service) === "hypervisor" ? [bypass] : [];
}

export const wordpressChecks: readonly Check[] = [
  seenAddress,
  {
    id: "front-page",
    claim: "WordPress's front page answers through the VIP",
    async prove(lab) {
      const { status, body } = await lab.get("/");
      const title = /<title>([^<]*)<\/title>/.exec(body.toString())?.[1] ?? "";
      expect(status === 200 && body.length > 2000, `${status} with ${body.length} bytes`);
      expect(title !== "", "the page has no title");
      return `${lab.outputs.url} is 200, ${body.length} bytes, titled "${title}"`;
    },
  },
  {
    id: "ready",
    claim: "each real server is alive (/healthz) and ready with PHP, NFS and database (/readyz)",
    async prove(lab) {
      const seen = await Promise.all(
        realServers(lab.site).map(async ({ name, via }) => {
          const health = await lab.get("/healthz", { via });
          const ready = await lab.get("/readyz", { via });
          expect(
            health.status === 200 && ready.status === 200,
            `${name}: healthz ${health.status}, readyz ${ready.status}`,
          );
          return name;
        }),
      );
      return `${seen.join(", ")}: 200 and 200`;
    },
  },
  {
    id: "upload",
    claim: "a picture uploaded through one real server is served by another",
    async prove(lab) {
      const [writer, reader] = ends(lab);
      const administrator = await Administrator.login(lab, writer.via);
      const { id, path, content } = await administrator.upload(`verify-${Date.now()}`);
      const answer = await lab.get(path, { via: reader.via });
      await administrator.remove("media", id);
      expect(answer.status === 200, `${reader.name} answered ${answer.status} for ${path}`);
      expect(answer.body.equals(content), `${reader.name} served ${answer.body.length} other bytes`);
      return `${path}: written by ${writer.name}, the same ${content.length} bytes from ${reader.name}`;
    },
  },
  {
    id: "post",
    claim: "a post written through one real server is read through another",
    async prove(lab) {
      const [reader, writer] = ends(lab);
      const administrator = await Administrator.login(lab, writer.via);
      const title = `verify ${Date.now()}`;
      const id = await administrator.publish(title, "written by verify");
      const page = await lab.get(`/?p=${id}`, { via: reader.via });
      await administrator.remove("posts", id);
      expect(
        page.status === 200 && page.body.toString().includes(title),
        `${reader.name} answered ${page.status} without the post`,
      );
      return `"${title}" written through ${writer.name}, read through ${reader.name}`;
    },
  },
];

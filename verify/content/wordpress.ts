/** Claims about WordPress: all real servers serve the same pages, uploads and posts. */
import { methodOf } from "../../settings/forwarding";
import { alternates } from "../../settings/schedulers";
import { type SiteSettings, entryPoints, frontWay, hostAt, isWeb } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { Administrator, type Via } from "../probing/administrator";
import { proveDirectReturn } from "./applications";
import { type Claim, ensure } from "../claim";
import { addressesTold, claimed, viewpoint } from "../probing/entrances";
import { type NonEmpty, lastOf, mapNonEmpty, nonEmpty } from "../../settings/lists";

/** Each real server with the address and port at which it serves the site itself. */
export function realServers(site: SiteSettings): NonEmpty<{ name: string; via: Via }> {
  const { service, port } = frontWay(site);
  return mapNonEmpty(nonEmpty(service.destinations, "real server that visitors use"), (one) => ({
    name: one.name,
    via: { address: one.address, port: one.port || port },
  }));
}

/** The first and the last real server: one writes, the other one reads. */
const ends = ({ site }: RunningSite) => [realServers(site)[0], lastOf(realServers(site))] as const;

/** Files of WordPress: a small one, as pages use them, and one that is larger than any page. */
export const smallFile = "/wp-includes/js/wp-embed.min.js";
export const largeFile = "/wp-includes/js/jquery/jquery.js";

const seenAddress: Claim = {
  id: "client-address",
  text: "each real server sees the address that the forwarding method promises, whatever a client claims to be",
  async prove(running) {
    const marker = `lvs-verify=${Date.now()}`;
    const servers = realServers(running.site);
    const { service } = frontWay(running.site);
    for (let count = 0; count < servers.length * 4; count += 1)
      await running.get(`${smallFile}?${marker}`, { headers: claimed.headers });
    const find = `grep -F '${marker}' /var/log/nginx/access.log | cut -d' ' -f2 | sort -u`;
    const seen = await Promise.all(
      servers.map(async ({ name }) => ({
        name,
        saw: (await running.execOk(name, find)).split("\n").filter(Boolean),
      })),
    );
    const text = seen.map(({ name, saw }) => `${name} saw ${saw.join(" ") || "no request"}`).join(", ");
    const right = addressesTold(running.site, service);
    ensure(
      seen.some(({ saw }) => saw.length > 0) &&
        seen.every(({ saw }) => saw.every((one) => right.includes(one))),
      text,
    );
    const turns = alternates(service.scheduler) && !service.persistence;
    const idle = service.destinations.filter(({ weight }) => weight === 0).map(({ name }) => name);
    ensure(!turns || seen.every(({ name, saw }) => saw.length > 0 || idle.includes(name)), text);
    return text;
  },
};

const bypass: Claim = {
  id: "direct-return",
  text: "downloads bypass the director",
  prove: (running) =>
    proveDirectReturn(running, async () => {
      const bodies = [];
      for (let count = 0; count < 4; count += 1) bodies.push((await running.get(largeFile)).body.length);
      return bodies.reduce((sum, length) => sum + length, 0);
    }),
};

/** The claim about direct replies, for WordPress. It measures the director's traffic. */
export function wordpressReturnClaims(site: SiteSettings): Claim[] {
  const { service } = frontWay(site);
  const direct = methodOf(service.forwarding).vipDevice !== undefined;
  return direct && viewpoint(site, service) === "hypervisor" ? [bypass] : [];
}

/** A page's link to the REST API, which WordPress makes from the site's address. */
const apiLink = /<link rel=["']https:\/\/api\.w\.org\/["'] href=["']([^"']+)["']/;

/** What a browser on the hypervisor has in its address bar when a site is forwarded to a loopback port. */
const forwardedHost = "127.0.0.1:34567";

const links: Claim = {
  id: "links",
  text: "the links of a page keep scheme, name and port of the address at which it was asked for",
  async prove(running) {
    const { site } = running;
    const [{ via }] = realServers(site);
    const front = frontWay(site).listener.application;
    const ways = entryPoints(site).filter(({ listener }) => isWeb(listener.application));
    const addresses = ways
      .filter(({ listener }) => !site.tls?.redirect || listener.application === "https")
      .map((way) => ({
        scheme: way.listener.application,
        host: hostAt(way.vip, way),
        port: way.service.destinations[0]?.port || way.port,
      }));
    // No certificate is for a loopback address.
    const asked =
      front === "http" ? [...addresses, { scheme: front, host: forwardedHost, port: via.port }] : addresses;
    const seen = [];
    for (const { scheme, host, port } of asked) {
      const base = `${scheme}://${host}/`;
      const { status, body } = await running.get("/", { base, via: { ...via, port } });
      const link = apiLink.exec(body.toString())?.[1] ?? "no link";
      ensure(
        status === 200 && link.startsWith(base),
        `the page at ${base} is ${status} and links to ${link}`,
      );
      seen.push(base);
    }
    return `${seen.join(", ")}: links begin with the same`;
  },
};

export const wordpressClaims: readonly Claim[] = [
  seenAddress,
  {
    id: "front-page",
    text: "WordPress's front page answers through the VIP",
    async prove(running) {
      const { status, body } = await running.get("/");
      const title = /<title>([^<]*)<\/title>/.exec(body.toString())?.[1] ?? "";
      ensure(status === 200 && body.length > 2000, `${status} with ${body.length} bytes`);
      ensure(title !== "", "the page has no title");
      return `${running.outputs.url} is 200, ${body.length} bytes, titled "${title}"`;
    },
  },
  links,
  {
    id: "ready",
    text: "each real server is alive (/healthz) and ready with PHP, NFS and database (/readyz)",
    async prove(running) {
      const seen = await Promise.all(
        realServers(running.site).map(async ({ name, via }) => {
          const health = await running.get("/healthz", { via });
          const ready = await running.get("/readyz", { via });
          ensure(
            health.status === 200 && ready.status === 200,
            `${name}: healthz ${health.status}, readyz ${ready.status}`,
          );
          return name;
        }),
      );
      return `${seen.join(", ")}: 200 and 200`;
    },
  },
];

/** What one real server writes, another one serves. Each proof logs in. */
export const sharedContentClaims: readonly Claim[] = [
  {
    id: "upload",
    text: "a picture uploaded through one real server is served by another",
    async prove(running) {
      const [writer, reader] = ends(running);
      const administrator = await Administrator.login(running, writer.via);
      const { id, path, content } = await administrator.upload(`verify-${Date.now()}`);
      const answer = await running.get(path, { via: reader.via });
      await administrator.remove("media", id);
      ensure(answer.status === 200, `${reader.name} answered ${answer.status} for ${path}`);
      ensure(answer.body.equals(content), `${reader.name} served ${answer.body.length} other bytes`);
      return `${path}: written by ${writer.name}, the same ${content.length} bytes from ${reader.name}`;
    },
  },
  {
    id: "post",
    text: "a post written through one real server is read through another",
    async prove(running) {
      const [reader, writer] = ends(running);
      const administrator = await Administrator.login(running, writer.via);
      const title = `verify ${Date.now()}`;
      const id = await administrator.publish(title, "written by verify");
      const page = await running.get(`/?p=${id}`, { via: reader.via });
      await administrator.remove("posts", id);
      ensure(
        page.status === 200 && page.body.toString().includes(title),
        `${reader.name} answered ${page.status} without the post`,
      );
      return `"${title}" written through ${writer.name}, read through ${reader.name}`;
    },
  },
];

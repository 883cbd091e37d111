/** Claims about caches of real servers: pages without PHP, pages while PHP or NFS fails, and PHP's own caches. */
import { type SiteSettings, frontWay } from "../../settings/site";
import { hasLocalCode } from "../../settings/webFiles";
import { hasPageCache, phpStatusPath } from "../../templates/pageCache";
import type { HttpAnswer, RunningSite } from "../../running/runningSite";
import { Administrator, type Via } from "../probing/administrator";
import { type Claim, eventually, ensure, cached } from "../claim";
import { largeFile, realServers } from "./wordpress";
import { lastOf, present } from "../../settings/lists";

const stateOf = ({ headers }: HttpAnswer): string => String(headers["x-cache"] ?? "not kept");
const somebody = { cookie: "wordpress_logged_in_verify=1" };

/** The mean time of `count` requests for a page, in milliseconds. */
async function meanMs(running: RunningSite, path: string, count: number, asking: object): Promise<number> {
  const started = Date.now();
  for (let index = 0; index < count; index += 1) await running.get(path, asking);
  return (Date.now() - started) / count;
}

interface CachedPage {
  readonly path: string;
  readonly body: Buffer;
}

/** Requests new pages until nginx caches one: nginx bypasses its cache for a while after PHP was too slow. */
const newPage = (running: RunningSite, via: Via): Promise<CachedPage> =>
  eventually(4 * running.site.cache.page.timeoutSeconds, async () => {
    const path = `/?lvs-verify=${Date.now()}`;
    const answer = await running.get(path, { via });
    ensure(stateOf(answer) === "MISS", `${via.address}: a new page is ${stateOf(answer)}`);
    return { path, body: answer.body };
  });

const pages = (site: SiteSettings): Claim => ({
  id: "page-cache",
  text: "each real server caches pages for visitors, but not for users who are logged in or have posted",
  waitsSeconds: 8 * site.cache.page.timeoutSeconds,
  async prove(running) {
    const seen = await Promise.all(
      realServers(site).map(async ({ name, via }) => {
        const { path } = await newPage(running, via);
        const states = async (headers = {}) => stateOf(await running.get(path, { via, headers }));
        const again = await states();
        const loggedIn = await states(somebody);
        const posted = await running.get(path, { via, method: "POST", body: "verify=1" });
        const cookie = (posted.headers["set-cookie"] ?? []).find((line) => line.startsWith("lvs_posted"));
        const afterPost = await states({ cookie: cookie?.split(";")[0] ?? "none" });
        const login = stateOf(await running.get("/wp-login.php", { via }));
        await running.get(largeFile, { via });
        const file = stateOf(await running.get(largeFile, { via }));
        const text = `${name}: a visitor's page MISS, ${again}; logged in ${loggedIn}; after a POST ${afterPost}; wp-login.php ${login}; a script ${file}`;
        const right = ["HIT", "BYPASS", "BYPASS", "not kept", "HIT"];
        ensure([again, loggedIn, afterPost, login, file].join() === right.join(), text);
        return text;
      }),
    );
    const { name, via } = realServers(site)[0];
    const { path } = await newPage(running, via);
    const kept = await meanMs(running, path, 10, { via });
    const made = await meanMs(running, path, 3, { via, headers: somebody });
    const cost = `${name} gives a kept page in ${kept.toFixed(0)} ms and makes one in ${made.toFixed(0)} ms, ${(made / kept).toFixed(1)} times that`;
    ensure(made > 2 * kept, cost);
    return [...seen, cost].join("\n");
  },
});

const age = (site: SiteSettings): Claim => ({
  id: "page-age",
  text: `what is published is visible on every real server after ${site.cache.page.seconds} s`,
  waitsSeconds: site.cache.page.seconds,
  async prove(running) {
    const patience = site.cache.page.seconds + 4 * site.cache.page.timeoutSeconds;
    const servers = realServers(site);
    const feed = `/?feed=rss2&lvs-verify=${Date.now()}`;
    // Later claims need a page that is too old. It grows old while this claim waits, if the cache keeps it until then.
    if (site.cache.page.staleSeconds >= keptLongSeconds)
      outdated(running, lastOf(servers).via).catch(() => undefined);
    const administrator = await Administrator.login(running, servers[0].via);
    await Promise.all(servers.map(({ via }) => running.get(feed, { via })));
    const title = `verify ${Date.now()}`;
    const post = await administrator.publish(title, "written by verify");
    const published = Date.now();
    const sinceThen = () => (Date.now() - published) / 1000;
    try {
      const times = await Promise.all(
        servers.map(async ({ name, via }) => {
          for (;;) {
            const asked = sinceThen();
            const page = await running.get(feed, { via });
            if (page.body.toString().includes(title)) return `${name} after ${asked.toFixed(1)} s`;
            const seen = `${name}, asked after ${asked.toFixed(1)} s, gave a page without it (${stateOf(page)})`;
            // nginx counts whole seconds. A stale copy says that PHP was too slow, which a busy machine may be: ask again.
            const tooOld = asked >= site.cache.page.seconds + 1;
            ensure(!tooOld || (/^(STALE|UPDATING)$/.test(stateOf(page)) && asked < patience), seen);
            await new Promise((resolve) => setTimeout(resolve, 300));
          }
        }),
      );
      return `seen through ${times.join(", ")}`;
    } finally {
      await administrator.remove("posts", post);
    }
  },
});

const phpCaches = (site: SiteSettings): Claim => ({
  id: "php-caches",
  text: "OPcache and the realpath cache have their configured size, and OPcache is not full",
  async prove(running) {
    const { listener } = frontWay(site);
    const url = `${listener.application}://127.0.0.1:${listener.from}${phpStatusPath}`;
    const { opcacheMiB, realpathCacheKiB } = site.cache;
    const seen = await Promise.all(
      site.realServers.map(async ({ name }) => {
        const status = JSON.parse(await running.execOk(name, `curl -kfsS '${url}'`)) as Record<
          string,
          number
        >;
        const text = `${name}: OPcache ${status.opcacheUsedMiB} of ${status.opcacheMiB} MiB with ${status.scripts} scripts, realpath cache ${status.realpathCacheUsedKiB} of ${status.realpathCacheKiB} KiB`;
        const sized = status.opcacheMiB === opcacheMiB && status.realpathCacheKiB === realpathCacheKiB;
        ensure(sized && !status.opcacheFull, text);
        return text;
      }),
    );
    const front = await running.get(phpStatusPath);
    ensure(front.status === 403, `clients may read it: ${front.status}`);
    return seen.join("; ");
  },
});

/** A cache that keeps unused pages this long still has a page of the first claim when the last one needs it. */
const keptLongSeconds = 3600;

/** A cached page of a real server that is older than pages may be for visitors. `largeFile` is cached too. */
function outdated(running: RunningSite, via: Via): Promise<CachedPage> {
  return cached(running, `outdated page of ${via.address}`, async () => {
    const page = await newPage(running, via);
    await running.get(largeFile, { via });
    await new Promise((resolve) => setTimeout(resolve, (running.site.cache.page.seconds + 1) * 1000));
    return page;
  });
}

/** Requests the cached page. Resolves with the time that it took, in seconds. @throws when the answer is not the stale copy */
async function askStale(running: RunningSite, via: Via, { path, body }: CachedPage): Promise<number> {
  const started = Date.now();
  const answer = await running.get(path, { via });
  const seconds = (Date.now() - started) / 1000;
  const same = answer.status === 200 && stateOf(answer) === "STALE" && answer.body.equals(body);
  ensure(same, `it was answered ${answer.status} ${stateOf(answer)} after ${seconds.toFixed(1)} s`);
  return seconds;
}

const isReady = (running: RunningSite, via: Via, seconds: number) =>
  eventually(seconds, async () => {
    const { status } = await running.get("/readyz", { via, timeoutMs: 5000 });
    ensure(status === 200, `/readyz is ${status}`);
    return "ready";
  });

const withoutPhp = (site: SiteSettings): Claim => ({
  id: "page-stale",
  text: "a real server whose php-fpm is stopped still serves its cached pages",
  waitsSeconds: site.cache.page.seconds,
  breaks: [lastOf(realServers(site)).name],
  async prove(running) {
    const { name, via } = lastOf(realServers(site));
    const kept = await outdated(running, via);
    await running.execOk(name, "systemctl stop php-fpm");
    try {
      const seconds = await askStale(running, via, kept);
      const { status } = await running.get("/readyz", { via });
      ensure(status === 502, `/readyz is ${status}`);
      return `${name}: /readyz ${status}, the page as it was last after ${seconds.toFixed(1)} s`;
    } finally {
      await running.execOk(name, "systemctl start php-fpm");
      await isReady(running, via, 30);
    }
  },
});

/**
 * The script that cuts a machine off from NFS, with no NFS data left in memory. Dropping the cache returns the machine's delegations,
 * so that must happen before the cut. The cut ends by itself after 90 s, in case verify is killed.
 */
const cut = (
  nfs: string,
): string => `setsid bash -c 'sleep 90; nft delete table inet lvs_verify' >/dev/null 2>&1 </dev/null &
echo 2 >/proc/sys/vm/drop_caches
nft -f - <<'RULES'
table inet lvs_verify {
  chain output {
    type filter hook output priority filter; policy accept;
    ip daddr ${nfs} tcp dport 2049 drop
  }
}
RULES`;

/** Only cached content is promised. The first request waits until PHP's timeout; later ones do not wait. */
const withoutNfs = (site: SiteSettings): Claim => ({
  id: "page-nfs",
  text: "a real server cut off from NFS answers /healthz, serves its cached pages, and recovers by itself",
  waitsSeconds: site.cache.page.seconds,
  async prove(running) {
    const { name, via } = lastOf(realServers(site));
    const kept = await outdated(running, via);
    await running.execOk(name, cut(present(site.nfs, "NFS server").address));
    let seen: string;
    try {
      const first = await askStale(running, via, kept);
      const uncached = running.get("/license.txt", { via });
      const later = await askStale(running, via, kept);
      const file = await running.get(largeFile, { via });
      const health = await running.get("/healthz", { via, timeoutMs: 3000 });
      const { status } = await uncached;
      seen = `${name}: the page after ${first.toFixed(1)} s, then after ${later.toFixed(1)} s; a script ${stateOf(file)}; /healthz ${health.status}; a file that is not kept ${status}`;
      // Code on the machine's own disk has nothing to wait for.
      const waited = hasLocalCode(site) || status === 504;
      ensure(later < 3 && file.status === 200 && health.status === 200 && waited, seen);
    } finally {
      await running.execOk(name, "nft delete table inet lvs_verify");
      await isReady(running, via, 90);
    }
    return `${seen}; ready again`;
  },
});

export const pageCacheClaims = (site: SiteSettings): Claim[] => [
  ...(hasPageCache(site) ? [pages(site)] : []),
  phpCaches(site),
];

/** A claim that mostly waits. A busy real server may answer with a page that is too old for a while: the claim asks again. */
export const ageClaims = (site: SiteSettings): Claim[] => (hasPageCache(site) ? [age(site)] : []);

/** These claims run one after another, because they stop services that others use. */
export const staleClaims = (site: SiteSettings): Claim[] =>
  hasPageCache(site) ? [withoutPhp(site), withoutNfs(site)] : [];

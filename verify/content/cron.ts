/** Claims about wp-cron: exactly one real server runs it, and another one takes over. */
import type { SiteSettings } from "../../settings/site";
import { cronHolder } from "../../running/cron";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure } from "../claim";
import { execOnPrimary } from "../machines/database";
import { mapNonEmpty, present } from "../../settings/lists";
import { beforeFirst } from "../../settings/text";

const underWay = `while [[ "$(systemctl show -P ActiveState lvs-cron.service)" == activating ]]; do sleep 0.3; done`;

/**
 * Starts one run of lvs-cron and prints `success`, `skipped` or `failed`. The lease says whether WordPress was loaded, because systemd
 * forgets the result of an unreferenced unit. A run that is already in progress is waited for first.
 */
const turn = `${underWay}
SECONDS=0
systemctl start lvs-cron.service || { echo failed && exit; }
[[ "$(lvs-cron status)" =~ ^$(hostname),\\ which\\ ran\\ ([0-9]+)\\ s\\ ago ]] && ((BASH_REMATCH[1] <= SECONDS + 1)) && echo success || echo skipped`;

/** Starts lvs-cron on all of `names` at the same time. Resolves with the names on which WordPress was loaded. @throws when one failed */
async function turns(running: RunningSite, names: readonly string[]): Promise<string[]> {
  const results = await Promise.all(
    names.map(async (name) => ({ name, result: await running.execOk(name, turn, 90_000) })),
  );
  const failed = results.find(({ result }) => result === "failed");
  ensure(failed === undefined, `on ${failed?.name} it failed`);
  return results.filter(({ result }) => result === "success").map(({ name }) => name);
}

/** Runs PHP code inside WordPress on a real server. Resolves with its output. */
const inWordpress = (running: RunningSite, name: string, code: string): Promise<string> =>
  running.execOk(
    name,
    `runuser -u www-data -- php -d opcache.enable_cli=1 -d opcache.file_cache=/var/cache/opcache -d opcache.file_cache_only=1 <<'PHP'
<?php
require '/wordpress/wp-load.php';
${code}
PHP`,
  );

/** PHP code that makes a post whose time came a minute ago. WordPress itself accepts only times at least a minute ahead. */
const duePost = (title: string): string => `$date = gmdate('Y-m-d H:i:s', time() + 3600);
$id = wp_insert_post(['post_title' => '${title}', 'post_status' => 'future', 'post_date_gmt' => $date, 'post_date' => $date]);
$date = gmdate('Y-m-d H:i:s', time() - 60);
$wpdb->update($wpdb->posts, ['post_date_gmt' => $date, 'post_date' => $date], ['ID' => $id]);
wp_clear_scheduled_hook('publish_future_post', [$id]);
wp_schedule_single_event(time() - 60, 'publish_future_post', [$id]);
echo $id;`;

const elected = (site: SiteSettings): Claim => ({
  id: "cron",
  text: "exactly one real server runs wp-cron, and a scheduled post is published",
  breaks: site.realServers.map(({ name }) => name),
  async prove(running) {
    const names = mapNonEmpty(site.realServers, ({ name }) => name);
    const onAll = (script: string) => Promise.all(names.map((name) => running.execOk(name, script, 90_000)));
    const title = `verify ${Date.now()}`;
    // A run that began before the post would overwrite WordPress's schedule without it.
    await onAll(`systemctl stop lvs-cron.timer; ${underWay}`);
    const id = await inWordpress(running, names[0], duePost(title));
    try {
      const before = await running.get(`/?p=${id}`);
      ensure(before.status === 404, `post ${id} is ${before.status} before anybody ran what is due`);
      const ran = await turns(running, names);
      ensure(ran.length === 1, `it was run by ${ran.join(", ") || "nobody"}`);
      const { status, body } = await running.get(`/?p=${id}`);
      const seen = status === 200 && body.toString().includes(title);
      ensure(seen, `${ran.join()} ran, and the post is ${status}`);
      return `of ${names.join(", ")}, ${ran.join()} ran, and the post that was due came out`;
    } finally {
      await inWordpress(running, names[0], `wp_delete_post(${id}, true);`);
      await onAll("systemctl start lvs-cron.timer");
    }
  },
});

/** Stops the elected real server's runs, as when its machine dies, and ends its lease at once instead of waiting for it. */
const takeover = (site: SiteSettings): Claim => ({
  id: "cron-takeover",
  text: "another real server takes over wp-cron when the elected one stops",
  breaks: site.realServers.map(({ name }) => name),
  async prove(running) {
    const former = beforeFirst(await cronHolder(running), ",");
    const others = site.realServers.map(({ name }) => name).filter((name) => name !== former);
    ensure(others.length < site.realServers.length, `elected is ${former}`);
    const expire = "UPDATE lvs_lease SET expires = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE name = 'cron'";
    await running.execOk(former, "systemctl stop lvs-cron.timer");
    try {
      await execOnPrimary(running, present(site.mysql, "database"), `mariadb wpdb -e "${expire}"`);
      const ran = await turns(running, others);
      ensure(ran.length === 1, `it was run by ${ran.join(", ") || "nobody"}`);
      ensure((await turns(running, [former])).length === 0, `${former} ran it again beside ${ran.join()}`);
      return `${former} was elected, then ${await cronHolder(running)}; back, ${former} leaves it`;
    } finally {
      await running.execOk(former, "systemctl start lvs-cron.timer");
    }
  },
});

export const cronClaims = (site: SiteSettings): Claim[] => [
  elected(site),
  ...(site.realServers.length > 1 ? [takeover(site)] : []),
];

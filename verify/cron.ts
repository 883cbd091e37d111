/** What WordPress has due is run by one real server, whichever still does. */
import type { SiteSettings } from "../settings/site";
import { cronHolder } from "../tools/cron";
import type { Lab } from "../tools/lab";
import { Administrator } from "./administrator";
import { type Check, expect } from "./check";
import { realServers } from "./wordpress";

/** What a turn prints: whether WordPress was loaded, and how that ended. */
const turn = `run() { systemctl show -P ExecMainStartTimestampMonotonic lvs-cron.service; }
before="$(run)"
systemctl start lvs-cron.service
[[ "$(run)" == "$before" ]] && echo skipped || systemctl show -P Result lvs-cron.service`;

/** Gives each of `names` its turn, all at the same time. @returns those that ran */
async function turns(lab: Lab, names: readonly string[]): Promise<string[]> {
  const results = await Promise.all(
    names.map(async (name) => ({ name, result: await lab.tell(name, turn, 90_000) })),
  );
  const failed = results.find(({ result }) => result !== "skipped" && result !== "success");
  expect(failed === undefined, `on ${failed?.name} it ended with ${failed?.result}`);
  return results.filter(({ result }) => result === "success").map(({ name }) => name);
}

const elected = (site: SiteSettings): Check => ({
  id: "cron",
  claim: "one real server alone runs what WordPress has due: a post appears when its time has come",
  deadlineSeconds: 120,
  async prove(lab) {
    const names = site.realServers.map(({ name }) => name);
    const { name, via } = realServers(site)[0]!;
    const administrator = await Administrator.login(lab, via);
    const due = await lab.tell(name, "date -u -d '+8 seconds' +%FT%T");
    const body = JSON.stringify({
      title: `due ${due}`,
      content: "by verify",
      status: "future",
      date_gmt: due,
    });
    const headers = { "content-type": "application/json" };
    const post = await administrator.call("POST", "/wp/v2/posts", headers, body);
    const route = `/wp/v2/posts/${String(post.id)}`;
    try {
      expect(post.status === "future", `the post was ${String(post.status)} at once`);
      await lab.tell(name, `until [[ "$(date -u +%FT%T)" > '${due}' ]]; do sleep 0.5; done`);
      const ran = await turns(lab, names);
      expect(ran.length === 1, `it was run by ${ran.join(", ") || "nobody"}`);
      const { status } = await administrator.call("GET", route);
      expect(status === "publish", `${ran[0]!} ran, and the post is still ${String(status)}`);
      return `of ${names.join(", ")}, ${ran[0]!} ran, and the post that was due came out`;
    } finally {
      await administrator.call("DELETE", `${route}&force=true`);
    }
  },
});

/** The elected one's turns end, as when its machine dies, and its lease with them: the time until then is not waited for. */
const takeover = (site: SiteSettings): Check => ({
  id: "cron-takeover",
  claim: "another real server takes wp-cron over when the elected one is silent",
  deadlineSeconds: 120,
  async prove(lab) {
    const former = (await cronHolder(lab)).split(",")[0]!;
    const others = site.realServers.map(({ name }) => name).filter((name) => name !== former);
    expect(others.length < site.realServers.length, `elected is ${former}`);
    const expire = "UPDATE lvs_lease SET expires = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE name = 'cron'";
    await lab.tell(former, "systemctl stop lvs-cron.timer");
    try {
      await lab.tell(site.mysql!.name, `mariadb wpdb -e "${expire}"`);
      const ran = await turns(lab, others);
      expect(ran.length === 1, `it was run by ${ran.join(", ") || "nobody"}`);
      expect((await turns(lab, [former])).length === 0, `${former} ran it again beside ${ran[0]!}`);
      return `${former} was elected, then ${await cronHolder(lab)}; back, ${former} leaves it`;
    } finally {
      await lab.tell(former, "systemctl start lvs-cron.timer");
    }
  },
});

export const cronChecks = (site: SiteSettings): Check[] => [
  elected(site),
  ...(site.realServers.length > 1 ? [takeover(site)] : []),
];

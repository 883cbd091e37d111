/** Which real server runs WordPress's scheduled tasks (wp-cron). */
import type { RunningSite } from "./runningSite";

/** Text such as `rs1, which ran 14 s ago`. The first real server that answers is enough, because all ask the same database. */
export async function cronHolder(running: RunningSite): Promise<string> {
  const asked = running.site.realServers.map(({ name }) =>
    running.execOk(name, "timeout 15 lvs-cron status", 20_000),
  );
  return Promise.any(asked).catch(() => "unknown: no real server reaches the tree and the database");
}

/** Who runs what WordPress has due, as its real servers know it. */
import type { RunningSite } from "./runningSite";

/** `rs1, which ran 14 s ago`; the first real server that answers is believed, as all ask the same database. */
export async function cronHolder(running: RunningSite): Promise<string> {
  const asked = running.site.realServers.map(({ name }) =>
    running.execOk(name, "timeout 15 lvs-cron status", 20_000),
  );
  return Promise.any(asked).catch(() => "nobody knows: no real server reaches the tree and the database");
}

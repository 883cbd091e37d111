/** Data that must survive a fault: a post in the database and a picture on NFS, written through the site before the fault. */
import { frontWay } from "../settings/site";
import type { RunningSite } from "../running/runningSite";
import { Administrator } from "../verify/probing/administrator";
import { eventually, ensure } from "../verify/claim";

export interface Kept {
  /** Resolves with what was found. @throws when something is missing or differs */
  check(): Promise<string>;
}

/** Seconds that the first read or write may take after a fault: caches are cold, and NFS clients may still wait. */
const patienceSeconds = 30;

/**
 * Logs in through the VIP. Each call of the result writes a post and a picture, and returns their check, which removes them
 * when they were found.
 */
export async function keeper(running: RunningSite, seconds = patienceSeconds): Promise<() => Promise<Kept>> {
  const { vip, port } = frontWay(running.site);
  const administrator = await Administrator.login(running, { address: vip, port });
  return async () => {
    const name = `chaos-${Date.now()}`;
    const post = await eventually(seconds, () => administrator.publish(name, "written by chaos"));
    const { id, path, content } = await eventually(seconds, () => administrator.upload(name));
    const check = () =>
      eventually(seconds, async () => {
        const { title } = await administrator.call("GET", `/wp/v2/posts/${post}`);
        ensure((title as { rendered: string }).rendered === name, `post ${post} is another one`);
        const { status, body } = await running.get(path);
        ensure(status === 200 && body.equals(content), `${path} is ${status} with ${body.length} bytes`);
        return "post and picture";
      });
    const forget = async () => {
      await administrator.remove("posts", post);
      await administrator.remove("media", id);
    };
    return {
      async check() {
        const found = await check();
        await forget();
        return found;
      },
    };
  };
}

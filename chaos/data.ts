/** What a visitor was told is kept: a post in the database and a picture on NFS, written through the site before a fault. */
import { frontWay } from "../settings/site";
import type { Lab } from "../tools/lab";
import { Administrator, picture } from "../verify/administrator";
import { eventually, expect } from "../verify/check";

export interface Kept {
  /** Gives what was found. @throws when it is not there as it was written */
  check(): Promise<string>;
}

/** How long the first page after a fault may take: it comes from cold caches. */
const patienceSeconds = 30;

/** Writes through the VIP; each call gives what is to be there afterwards, and takes it away once that was checked. */
export async function keeper(lab: Lab, seconds = patienceSeconds): Promise<() => Promise<Kept>> {
  const { vip, port } = frontWay(lab.site);
  const administrator = await Administrator.login(lab, { address: vip, port });
  return async () => {
    const name = `chaos-${Date.now()}`;
    const post = await administrator.call(
      "POST",
      "/wp/v2/posts",
      { "content-type": "application/json" },
      JSON.stringify({ title: name, content: "written by chaos", status: "publish" }),
    );
    const content = picture();
    const headers = {
      "content-type": "image/png",
      "content-disposition": `attachment; filename=${name}.png`,
    };
    const media = await administrator.call("POST", "/wp/v2/media", headers, content);
    const check = () =>
      eventually(seconds, async () => {
        const { title } = await administrator.call("GET", `/wp/v2/posts/${String(post.id)}`);
        expect((title as { rendered: string }).rendered === name, `post ${String(post.id)} is another one`);
        const { pathname } = new URL(String(media.source_url));
        const { status, body } = await lab.get(pathname);
        expect(status === 200 && body.equals(content), `${pathname} is ${status} with ${body.length} bytes`);
        return "post and picture";
      });
    const forget = async () => {
      await administrator.call("DELETE", `/wp/v2/posts/${String(post.id)}&force=true`);
      await administrator.call("DELETE", `/wp/v2/media/${String(media.id)}&force=true`);
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

import { keeper } from "../../../chaos/data";
import type { RequestOptions, RunningSite } from "../../../running/runningSite";
import { lab as readyLab } from "../labs";

/** WordPress as far as it is asked here, with what it holds. */
class Site {
  readonly asked: string[] = [];
  readonly posts = new Map<string, string>();
  readonly files = new Map<string, Buffer>();
  /** So many pictures are refused before one is taken. */
  refusals = 0;

  readonly get = (path: string, { method = "GET", body, headers = {} }: RequestOptions = {}) => {
    const [, route = path] = path.split("?rest_route=");
    this.asked.push(`${method} ${route}`);
    return Promise.resolve(this.answer(`${method} ${route}`, body, headers["content-disposition"]));
  };

  private answer(what: string, body: string | Buffer | undefined, disposition = "") {
    const json = (value: unknown) => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(value)) });
    const [verb, route] = what.split(" ") as [string, string];
    if (route === "/wp-login.php")
      return {
        status: 302,
        headers: { "set-cookie": ["wordpress_logged_in=1; path=/"] },
        body: Buffer.from(""),
      };
    if (what === "POST /wp/v2/posts") {
      const { title } = JSON.parse(String(body)) as { title: string };
      this.posts.set("7", title);
      return json({ id: 7 });
    }
    if (what === "POST /wp/v2/media" && this.refusals-- > 0)
      return { status: 504, headers: {}, body: Buffer.from("") };
    if (what === "POST /wp/v2/media") {
      const name = disposition.split("filename=")[1]!;
      this.files.set(`/uploads/${name}`, body as Buffer);
      return json({ id: 8, source_url: `http://172.16.0.40/uploads/${name}` });
    }
    if (verb === "GET" && route === "/wp/v2/posts/7" && this.posts.has("7"))
      return json({ title: { rendered: this.posts.get("7") } });
    const file = this.files.get(route);
    if (file) return { status: 200, headers: {}, body: file };
    return verb === "DELETE" || route.startsWith("/wp-admin")
      ? json({})
      : { status: 404, headers: {}, body: Buffer.from("no such thing") };
  }
}

const kept = async (site: Site, seconds = 0) => {
  const lab = { site: readyLab("dr-wordpress"), outputs: { adminPassword: "x" }, get: site.get };
  return (await keeper(lab as unknown as RunningSite, seconds))();
};

test("a post and a picture that are still there are told, and taken away", async () => {
  const site = new Site();
  expect(await (await kept(site)).check()).toBe("post and picture");
  expect(site.asked.slice(-2)).toEqual([
    "DELETE /wp/v2/posts/7&force=true",
    "DELETE /wp/v2/media/8&force=true",
  ]);
});

test("what is written first after a fault may have to be written once more", async () => {
  const site = new Site();
  site.refusals = 1;
  expect(await (await kept(site, 5)).check()).toBe("post and picture");
  site.refusals = Infinity;
  await expect(kept(site)).rejects.toThrow("POST /wp/v2/media was answered 504");
});

test("a post that is gone is a loss", async () => {
  const site = new Site();
  const { check } = await kept(site);
  site.posts.clear();
  await expect(check()).rejects.toThrow("GET /wp/v2/posts/7 was answered 404");
});

test("another post under its number is a loss", async () => {
  const site = new Site();
  const { check } = await kept(site);
  site.posts.set("7", "older");
  await expect(check()).rejects.toThrow("post 7 is another one");
});

test("a picture that is cut short is a loss", async () => {
  const site = new Site();
  const { check } = await kept(site);
  for (const [path, content] of site.files) site.files.set(path, content.subarray(0, 100));
  await expect(check()).rejects.toThrow(/^\/uploads\/chaos-\d+\.png is 200 with 100 bytes$/);
});

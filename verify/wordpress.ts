/** What the site promises: pages, uploads and posts are the same whichever real server is asked. */
import { deflateSync, crc32 } from "node:zlib";
import type { Lab } from "../tools/lab";
import { type Check, expect } from "./check";

/** A logged-in administrator, at one real server. */
class Administrator {
  private constructor(
    private readonly lab: Lab,
    private readonly via: string,
    private readonly cookie: string,
    private readonly nonce: string,
  ) {}

  static async login(lab: Lab, via: string): Promise<Administrator> {
    const form = new URLSearchParams({
      log: lab.site.wordpress.adminUser,
      pwd: lab.outputs.adminPassword,
      testcookie: "1",
    });
    const { status, headers } = await lab.get("/wp-login.php", {
      via,
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: "wordpress_test_cookie=WP%20Cookie%20check",
      },
      body: form.toString(),
    });
    const cookie = (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
    expect(status === 302 && cookie.includes("wordpress_logged_in"), `login was answered ${status}`);
    const nonce = await lab.get("/wp-admin/admin-ajax.php?action=rest-nonce", { via, headers: { cookie } });
    return new Administrator(lab, via, cookie, nonce.body.toString());
  }

  /** Calls the REST API. @throws when the answer is no success */
  async call(
    method: string,
    route: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Record<string, unknown>> {
    const answer = await this.lab.get(`/index.php?rest_route=${route}`, {
      via: this.via,
      method,
      headers: { cookie: this.cookie, "x-wp-nonce": this.nonce, ...headers },
      body,
    });
    expect(
      answer.status < 300,
      `${method} ${route} was answered ${answer.status}: ${answer.body.toString().slice(0, 200)}`,
    );
    return JSON.parse(answer.body.toString()) as Record<string, unknown>;
  }
}

/** A picture nobody has seen: random grey pixels as a PNG. */
function picture(): Buffer {
  const side = 16;
  const rows = Buffer.concat(
    Array.from({ length: side }, () =>
      Buffer.from([0, ...Array.from({ length: side }, () => Math.floor(Math.random() * 256))]),
    ),
  );
  const chunk = (type: string, data: Buffer) => {
    const typed = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    const sum = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(typed));
    return Buffer.concat([length, typed, sum]);
  };
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The real servers that write and read in these checks: the first and the last. */
const ends = (lab: Lab) => [lab.site.realServers[0]!, lab.site.realServers.at(-1)!] as const;

export const wordpressChecks: readonly Check[] = [
  {
    id: "front-page",
    claim: "WordPress's front page answers through the VIP",
    deadlineSeconds: 60,
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
    deadlineSeconds: 60,
    async prove(lab) {
      const seen = await Promise.all(
        lab.site.realServers.map(async ({ name, address }) => {
          const health = await lab.get("/healthz", { via: address });
          const ready = await lab.get("/readyz", { via: address });
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
    deadlineSeconds: 120,
    async prove(lab) {
      const [writer, reader] = ends(lab);
      const administrator = await Administrator.login(lab, writer.address);
      const content = picture();
      const name = `verify-${Date.now()}.png`;
      const headers = { "content-type": "image/png", "content-disposition": `attachment; filename=${name}` };
      const media = await administrator.call("POST", "/wp/v2/media", headers, content);
      const path = new URL(String(media.source_url)).pathname;
      const answer = await lab.get(path, { via: reader.address });
      await administrator.call("DELETE", `/wp/v2/media/${String(media.id)}&force=true`);
      expect(answer.status === 200, `${reader.name} answered ${answer.status} for ${path}`);
      expect(answer.body.equals(content), `${reader.name} served ${answer.body.length} other bytes`);
      return `${path}: written by ${writer.name}, the same ${content.length} bytes from ${reader.name}`;
    },
  },
  {
    id: "post",
    claim: "a post written through one real server is read through another",
    deadlineSeconds: 120,
    async prove(lab) {
      const [reader, writer] = ends(lab);
      const administrator = await Administrator.login(lab, writer.address);
      const title = `verify ${Date.now()}`;
      const body = JSON.stringify({ title, content: "written by verify", status: "publish" });
      const post = await administrator.call(
        "POST",
        "/wp/v2/posts",
        { "content-type": "application/json" },
        body,
      );
      const page = await lab.get(`/?p=${String(post.id)}`, { via: reader.address });
      await administrator.call("DELETE", `/wp/v2/posts/${String(post.id)}&force=true`);
      expect(
        page.status === 200 && page.body.toString().includes(title),
        `${reader.name} answered ${page.status} without the post`,
      );
      return `"${title}" written through ${writer.name}, read through ${reader.name}`;
    },
  },
];

/** Uses WordPress as its administrator, at one real server. */
import { crc32, deflateSync } from "node:zlib";
import type { RequestOptions, RunningSite } from "../../running/runningSite";
import { ensure } from "../claim";
import { present } from "../../settings/lists";

export type Via = NonNullable<RequestOptions["via"]>;

/** A logged-in administrator, at one real server. */
export class Administrator {
  private constructor(
    private readonly running: RunningSite,
    private readonly via: Via,
    private readonly cookie: string,
    private readonly nonce: string,
  ) {}

  static async login(running: RunningSite, via: Via): Promise<Administrator> {
    const form = new URLSearchParams({
      log: running.site.wordpress.adminUser,
      pwd: present(running.outputs.adminPassword, "administrator's password"),
      testcookie: "1",
    });
    const { status, headers } = await running.get("/wp-login.php", {
      via,
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: "wordpress_test_cookie=WP%20Cookie%20check",
      },
      body: form.toString(),
    });
    const cookie = (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
    ensure(status === 302 && cookie.includes("wordpress_logged_in"), `login was answered ${status}`);
    const nonce = await running.get("/wp-admin/admin-ajax.php?action=rest-nonce", {
      via,
      headers: { cookie },
    });
    ensure(
      nonce.status === 200,
      `who just logged in is not known: ${nonce.status}; did another one at the same moment?`,
    );
    return new Administrator(running, via, cookie, nonce.body.toString());
  }

  /** Calls the REST API. @throws when the answer is not a success */
  async call(
    method: string,
    route: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Record<string, unknown>> {
    const answer = await this.running.get(`/index.php?rest_route=${route}`, {
      via: this.via,
      method,
      headers: { cookie: this.cookie, "x-wp-nonce": this.nonce, ...headers },
      body,
    });
    ensure(
      answer.status < 300,
      `${method} ${route} was answered ${answer.status}: ${answer.body.toString().slice(0, 200)}`,
    );
    return JSON.parse(answer.body.toString()) as Record<string, unknown>;
  }

  /** Publishes a post. Resolves with its id. */
  async publish(title: string, content: string): Promise<number> {
    const body = JSON.stringify({ title, content, status: "publish" });
    const { id } = await this.call("POST", "/wp/v2/posts", { "content-type": "application/json" }, body);
    return Number(id);
  }

  /** Uploads a new picture. `name` is the file name without its extension. */
  async upload(name: string): Promise<Upload> {
    const content = picture();
    const headers = {
      "content-type": "image/png",
      "content-disposition": `attachment; filename=${name}.png`,
    };
    const media = await this.call("POST", "/wp/v2/media", headers, content);
    return { id: Number(media.id), path: new URL(String(media.source_url)).pathname, content };
  }

  async remove(kind: "posts" | "media", id: number): Promise<void> {
    await this.call("DELETE", `/wp/v2/${kind}/${id}&force=true`);
  }
}

/** An upload as it was sent. */
export interface Upload {
  readonly id: number;
  /** The path for visitors. */
  readonly path: string;
  readonly content: Buffer;
}

/** A new picture: random grey pixels as a PNG. */
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

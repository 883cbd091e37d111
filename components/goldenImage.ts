import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { SiteSettings } from "../settings/site";
import type { Hypervisor } from "./hypervisor";
import { projectFile } from "../settings/projectFile";

export interface GoldenImageArgs {
  readonly settings: SiteSettings["image"];
  readonly hypervisor: Hypervisor;
}

/** What scripts/host/image.sh prints. */
interface Built {
  readonly directory: string;
}

/** Size of the image's root disk, as scripts/host/image.sh makes it; space is taken only as it is written. */
export const rootDiskBytes = 8 * 1024 ** 3;

/** What the image is made from, seen from scripts/host; a change to any of it builds another. */
const recipe = ["../guest/apply.sh", "image.sh", "image"];

/** The hash that scripts/host/image.sh gives the recipe: over `sha256sum`'s lines of its files, sorted by path. */
export function recipeHash(folder = projectFile("scripts/host")): string {
  const filesOf = (path: string): string[] =>
    statSync(join(folder, path)).isDirectory()
      ? readdirSync(join(folder, path)).flatMap((entry) => filesOf(`${path}/${entry}`))
      : [path];
  const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
  const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const files = recipe.flatMap(filesOf).sort(bytewise);
  return sha256(files.map((file) => `${sha256(readFileSync(join(folder, file)))}  ${file}\n`).join("")).slice(
    0,
    12,
  );
}

/** The image that every machine starts from: built when its recipe changed, uploaded once a stack. */
export class GoldenImage extends pulumi.ComponentResource {
  /** Paths on the hypervisor. */
  readonly root: pulumi.Output<string>;
  readonly kernel: pulumi.Output<string>;
  readonly initrd: pulumi.Output<string>;
  /** Names of what is made from this image carry it, so that another image makes them anew. */
  readonly hash: string;
  private readonly built: pulumi.Output<Built>;

  constructor(
    name: string,
    { settings, hypervisor }: GoldenImageArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("lvs:index:GoldenImage", name, {}, opts);
    this.hash = settings.hash ?? recipeHash();
    // A path from the project's folder, where Pulumi runs commands: another text, or `dir`, would run the command again.
    const build = new local.Command(
      `${name}-build`,
      { create: `scripts/host/image.sh ${this.hash}`, triggers: [this.hash] },
      { parent: this, customTimeouts: { create: "30m" } },
    );
    this.built = build.stdout.apply((line) => JSON.parse(line) as Built);
    const upload = (part: string, file: string, format: string) =>
      new libvirt.Volume(
        `${name}-${part}`,
        {
          name: `${part}-${this.hash}`,
          pool: hypervisor.pool.name,
          target: { format: { type: format } },
          create: { content: { url: this.file(file) } },
        },
        { parent: this, provider: hypervisor.provider, replaceOnChanges: ["*"] },
      ).path;
    this.root = upload("root", "root.qcow2", "qcow2");
    this.kernel = upload("kernel", "vmlinuz", "raw");
    this.initrd = upload("initrd", "initrd", "raw");
    this.registerOutputs({ hash: this.hash, root: this.root, kernel: this.kernel, initrd: this.initrd });
  }

  /** Path, on the machine that runs Pulumi, of a file that the image was built with. */
  file(file: string): pulumi.Output<string> {
    return this.built.apply(({ directory }) => `${directory}/${file}`);
  }
}

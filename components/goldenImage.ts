import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { DebianSuite } from "../settings/debianSuites";
import type { SiteSettings } from "../settings/site";
import type { Hypervisor } from "./hypervisor";
import { projectFile } from "../settings/projectFile";

export interface GoldenImageArgs {
  readonly settings: SiteSettings["image"];
  readonly hypervisor: Hypervisor;
}

/** The output of scripts/host/image.sh. */
interface Built {
  readonly directory: string;
}

/** Size of the image's root disk in bytes, as in scripts/host/image.sh. The file is sparse. */
export const rootDiskBytes = 8 * 1024 ** 3;

/** The files of the image's recipe, below scripts/host. A change of any of them builds a new image. */
const recipe = ["../guest/apply.sh", "image.sh", "image"];

/**
 * The hash of the recipe for a Debian release, as scripts/host/image.sh computes it: over the output of `sha256sum` for its files,
 * sorted by path, and a line with the release.
 */
export function recipeHash(suite: DebianSuite, folder = projectFile("scripts/host")): string {
  const filesOf = (path: string): string[] =>
    statSync(join(folder, path)).isDirectory()
      ? readdirSync(join(folder, path)).flatMap((entry) => filesOf(`${path}/${entry}`))
      : [path];
  const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
  const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const files = recipe.flatMap(filesOf).sort(bytewise);
  const lines = files.map((file) => `${sha256(readFileSync(join(folder, file)))}  ${file}\n`);
  return sha256(`${lines.join("")}${suite}\n`).slice(0, 12);
}

/** The image of all machines. It is built when its recipe has changed, and uploaded once per stack. */
export class GoldenImage extends pulumi.ComponentResource {
  /** Paths on the hypervisor. */
  readonly root: pulumi.Output<string>;
  readonly kernel: pulumi.Output<string>;
  readonly initrd: pulumi.Output<string>;
  /** Part of the names of disks made from this image, so that a new image replaces them. */
  readonly hash: string;
  private readonly built: pulumi.Output<Built>;

  constructor(
    name: string,
    { settings, hypervisor }: GoldenImageArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("lvs:index:GoldenImage", name, {}, opts);
    this.hash = settings.hash ?? recipeHash(settings.suite);
    // A path relative to the project's folder, where Pulumi runs commands. Another text, or `dir`, would run the command again.
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

  /** Path of a file of the built image, on the machine that runs Pulumi. */
  file(file: string): pulumi.Output<string> {
    return this.built.apply(({ directory }) => `${directory}/${file}`);
  }
}

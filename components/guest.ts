import { readFileSync } from "node:fs";
import { remote } from "@pulumi/command";
import type * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { operator } from "../templates/machine";
import { projectFile } from "../settings/projectFile";

export interface GuestArgs {
  readonly address: string;
  /** `false` for a machine that only has to come up: a job then waits for it and lays nothing down. */
  readonly layDown: boolean;
  /** Files that come with each of the machine's jobs. */
  readonly always: Readonly<Record<string, string>>;
  /** The operator's private key, in OpenSSH form. */
  readonly operatorKey: pulumi.Output<string>;
  /** Public ssh host key; a machine that shows another is refused. */
  readonly hostKey: pulumi.Output<string>;
  /** A machine made anew gets everything laid down again. */
  readonly domain: libvirt.Domain;
}

export interface Job {
  /** Script below scripts/guest/. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Files that the script finds beside it, by name; further ones below scripts/guest/ are named in `copies`. */
  readonly files?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly copies?: readonly string[];
}

const read = (path: string): string => readFileSync(projectFile(`scripts/guest/${path}`), "utf8");
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Lines of `FILE BASE64`, as lvs-apply reads them from standard input. */
export function bundle(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([name, content]) => `${name} ${Buffer.from(content).toString("base64")}\n`)
    .join("");
}

/**
 * A machine seen through ssh: the one door through which anything is laid down. The first job waits for as long as the
 * machine takes to boot; each later one follows the one before it.
 */
export class Guest extends pulumi.ComponentResource {
  private readonly connection: remote.CommandArgs["connection"];
  private readonly domain: libvirt.Domain;
  private readonly layDown: boolean;
  private readonly always: Readonly<Record<string, string>>;
  private last?: remote.Command;

  constructor(
    private readonly label: string,
    args: GuestArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("lvs:index:Guest", label, {}, opts);
    this.domain = args.domain;
    this.layDown = args.layDown;
    this.always = args.always;
    this.connection = {
      host: args.address,
      user: operator,
      privateKey: args.operatorKey,
      hostKey: args.hostKey,
      dialErrorLimit: -1,
      perDialTimeout: 5,
    };
    this.registerOutputs({ address: args.address, user: operator, hostKey: args.hostKey });
  }

  /**
   * Lays `job` down as /var/lib/lvs/NAME on the machine, and again when anything of it changed. Files travel on standard
   * input as a secret: neither argv, nor environment, nor a log shows them.
   */
  run(name: string, job: Job): remote.Command {
    if (!this.layDown) return this.command(name, { create: "true" });
    const fixed = Object.fromEntries((job.copies ?? []).map((path) => [path.split("/").at(-1)!, read(path)]));
    const stdin = pulumi
      .output({ ...fixed, ...this.always, ...job.files })
      .apply((files) => bundle({ "lib.sh": read("lib.sh"), "script.sh": read(job.script), ...files }));
    return this.command(name, {
      create: `sudo lvs-apply ${[name, ...(job.args ?? [])].map(quote).join(" ")}`,
      stdin: pulumi.secret(stdin),
    });
  }

  private command(name: string, what: Pick<remote.CommandArgs, "create" | "stdin">): remote.Command {
    const command = new remote.Command(
      `${this.label}-${name}`,
      {
        connection: this.connection,
        ...what,
        triggers: [this.domain.id],
        logging: remote.Logging.None,
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        dependsOn: this.last ? [this.last] : [],
        deletedWith: this.domain,
        customTimeouts: { create: "20m", update: "20m" },
      },
    );
    this.last = command;
    return command;
  }
}

import { readFileSync } from "node:fs";
import { remote, type types } from "@pulumi/command";
import type * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { operator } from "../templates/machine";
import { type JobName, manifestOf } from "../templates/placements";
import { projectFile } from "../settings/projectFile";
import { afterLast } from "../settings/text";

export interface GuestArgs {
  readonly address: string;
  /** `false` for a machine that only has to boot: its jobs wait for it and install nothing. */
  readonly layDown: boolean;
  /** Files that are part of each job of the machine. */
  readonly always: Readonly<Record<string, string>>;
  /** The operator's private key, in OpenSSH form. */
  readonly operatorKey: pulumi.Output<string>;
  /** Public ssh host key. A machine with another key is refused. */
  readonly hostKey: pulumi.Output<string>;
  readonly domain: libvirt.Domain;
  /** The machine's UUID. A new machine gets all jobs again. */
  readonly machineId: pulumi.Output<string>;
}

export interface Replacement {
  /** UUID of the machine that is replaced. */
  readonly machineId: pulumi.Output<string>;
  readonly deletedWith: pulumi.Resource;
  /** How long the command may take. */
  readonly seconds: number;
}

export interface Job {
  /** Path of the script below scripts/guest/. */
  readonly script: string;
  readonly args?: readonly string[];
  /**
   * Files beside the script, by name. `copies` names further files below scripts/guest/. templates/placements.ts says where the
   * machine installs them.
   */
  readonly files?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly copies?: readonly string[];
}

/** The text of a file below scripts/guest/. */
export const guestFile = (path: string): string => readFileSync(projectFile(`scripts/guest/${path}`), "utf8");

/** Files of scripts/guest/ that are part of every job. */
const everyJob = ["lvs-common.sh", "reconcile/look.sh", "reconcile/lvs-reconcile"];

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The files as lines of `FILE BASE64`, the form that lvs-apply reads from standard input. */
export function bundle(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([name, content]) => `${name} ${Buffer.from(content).toString("base64")}\n`)
    .join("");
}

/** Lines of two words. */
export const linesOf = (
  pairs: readonly (readonly [pulumi.Input<string>, pulumi.Input<string>])[],
): pulumi.Output<string> =>
  pulumi
    .all(pairs.map(([one, other]) => pulumi.all([one, other])))
    .apply((known) => known.map(([one, other]) => `${one} ${other.trim()}\n`).join(""));

/**
 * A machine seen through ssh. Everything is installed through this class. The first job waits until the machine has booted; each
 * later job runs after the one before it.
 */
export class Guest extends pulumi.ComponentResource {
  private readonly connection: types.input.remote.ConnectionArgs;
  private readonly domain: libvirt.Domain;
  private readonly machineId: pulumi.Output<string>;
  private readonly layDown: boolean;
  private readonly always: Readonly<Record<string, string>>;
  private last?: remote.Command;
  private readonly leaving: remote.Command[] = [];

  constructor(
    private readonly label: string,
    args: GuestArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("lvs:index:Guest", label, {}, opts);
    this.domain = args.domain;
    this.machineId = args.machineId;
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
   * Brings `job` to /var/lib/lvs/NAME on the machine and runs it there, and again when any of it has changed. Files travel on standard
   * input as a secret: they appear in no argument list, environment or log.
   */
  run(name: JobName, job: Job): remote.Command {
    if (!this.layDown) return this.command(name, { create: "true" });
    const copies = [...everyJob, ...(job.copies ?? [])];
    const fixed = Object.fromEntries(copies.map((path) => [afterLast(path, "/"), guestFile(path)]));
    const own = { ...fixed, ...this.always, ...job.files };
    const manifest = manifestOf(name, Object.keys(own));
    const stdin = pulumi
      .output(own)
      .apply((files) =>
        bundle({ "lib.sh": guestFile("lib.sh"), "script.sh": guestFile(job.script), manifest, ...files }),
      );
    return this.command(name, {
      create: `sudo lvs-apply ${[name, ...(job.args ?? [])].map(quote).join(" ")}`,
      stdin: pulumi.secret(stdin),
    });
  }

  /** Runs a short command after the jobs so far, and again when it is another one or the machine is new. */
  runAfterJobs(name: string, create: pulumi.Input<string>): void {
    if (this.layDown) this.afterJobs(name, { create });
  }

  /** The last job so far. */
  get lastJob(): remote.Command | undefined {
    return this.last;
  }

  /**
   * Runs `command` on this machine before a machine, this one or another, is replaced or removed, but not when `deletedWith` goes too.
   * Nothing runs when the resource is created. If the command fails, the machine stays. Later jobs wait for it: where a machine was lost, it
   * runs when the new one is there already.
   */
  beforeReplacement(label: string, command: string, { machineId, deletedWith, seconds }: Replacement): void {
    if (!this.layDown) return;
    // A machine that took the place of a lost one has yet to boot.
    const dialErrorLimit = machineId === this.machineId ? -1 : 10;
    const leave = this.resource(
      label,
      { connection: { ...this.connection, dialErrorLimit }, delete: command, triggers: [machineId] },
      { deleteBeforeReplace: true, deletedWith, customTimeouts: { delete: `${seconds}s` } },
    );
    this.leaving.push(leave);
  }

  private command(name: JobName, what: Pick<remote.CommandArgs, "create" | "stdin">): remote.Command {
    this.last = this.afterJobs(name, what);
    return this.last;
  }

  private afterJobs(name: string, what: Pick<remote.CommandArgs, "create" | "stdin">): remote.Command {
    return this.resource(
      `${this.label}-${name}`,
      { connection: this.connection, ...what, triggers: [this.machineId] },
      {
        dependsOn: [...(this.last ? [this.last] : []), ...this.leaving],
        deletedWith: this.domain,
        customTimeouts: { create: "20m", update: "20m" },
      },
    );
  }

  private resource(
    label: string,
    args: remote.CommandArgs,
    opts: pulumi.CustomResourceOptions,
  ): remote.Command {
    return new remote.Command(
      label,
      { ...args, logging: remote.Logging.None, addPreviousOutputInEnv: false },
      { parent: this, ...opts },
    );
  }
}

/**
 * A folder that stands for a guest: the commands in bin/ keep what they are told in files there, and log each change. In a
 * `FakeGuest` scripts run where the tests are, and find their files by LVS_CONF and its like; for a `RootedGuest` the folder is /.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

import { type JobName, manifestOf } from "../../../templates/placements";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const directorParts = ["ipvs-table", "drained", "manager", "drift", "pair", "ready", "replacing"];

/** The text of a file that goes to guests. */
export const guestScript = (path: string): string => readFileSync(`scripts/guest/${path}`, "utf8");

/** What bash may read before a script ($BASH_ENV): time passes by sleeping alone, by so much each time. */
export const clock = (seconds: number): string =>
  `unset SECONDS\nSECONDS=0\nsleep() { SECONDS=$((SECONDS + ${seconds})); command sleep "$@"; }\n`;

const usualCommands = join(__dirname, "bin");

/** Where a guest's files are, and what its commands were told. */
class Guest {
  readonly folder = mkdtempSync(join(tmpdir(), "lvs-guest-"));
  protected readonly commands: string = "bin";

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** A command of the test's own, in the place of one in bin/. */
  command(name: string, body: string): void {
    const file = `${this.commands}/${name}`;
    this.write(file, `#!/bin/bash\nset -euo pipefail\n${body}\n`);
    chmodSync(this.path(file), 0o755);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  lines(name: string): string[] {
    return this.read(name).split("\n").filter(Boolean);
  }

  /** What the commands were told to change since the last call. */
  changes(): string[] {
    const lines = this.lines("log");
    this.write("log", "");
    return lines;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export class FakeGuest extends Guest {
  constructor() {
    super();
    // What jobs lay down in /usr/local/lib/lvs.
    for (const part of ["lvs-common.sh", ...directorParts.map((name) => `director/${name}.sh`)])
      this.write(`lib/${basename(part)}`, guestScript(part));
  }

  run(command: string, args: readonly string[], input = "", cwd = process.cwd(), env = {}): Ended {
    return ended(command, args, {
      input,
      cwd,
      env: {
        ...process.env,
        PATH: [this.path("bin"), usualCommands, process.env.PATH].join(delimiter),
        GUEST: this.folder,
        LVS_CONF: this.path("conf"),
        LVS_LIB: this.path("lib"),
        LVS_RUN: this.path("run"),
        LVS_ROOT: this.path("root"),
        // That of whoever runs the tests is nobody's here.
        SSH_CONNECTION: "",
        ...env,
      },
    });
  }
}

function ended(command: string, args: readonly string[], options: SpawnSyncOptions): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    timeout: 20_000,
    ...options,
    encoding: "utf8",
  });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** Users of a guest, and their groups, by number. */
const users = { root: 0, "www-data": 33, mysql: 101, deploy: 1001 };

/** Whoever runs the tests is root in a namespace of their own; other users there need newuidmap (the package uidmap). */
const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user", "--map-auto"];

/** Makes $0 the root of the command that follows, in /job. */
const enter = `cd "$0"
mount --bind /usr host
mount --rbind /proc proc
mount --rbind /dev dev
exec chroot . env -C /job GUEST= PATH=/commands:/usual:/usr/local/sbin:/usr/sbin:/usr/bin "$@"`;

/**
 * A guest whose folder is the root of what it runs, so that scripts run byte for byte as they are sent, and give files to the users
 * that they name. The host's programs are there, from its /usr, and nothing else of it: no file of the host can be changed. The
 * job is in /job, the commands of bin/ in /usual, those of the test in /commands, and $GUEST/NAME is /NAME.
 */
export class RootedGuest extends Guest {
  protected override readonly commands = "commands";

  constructor() {
    super();
    for (const folder of ["dev", "etc", "host", "job", "proc", "run", "tmp", "usr/local", "usual"])
      mkdirSync(this.path(folder), { recursive: true });
    for (const part of ["bin", "lib", "lib64", "sbin"]) {
      symlinkSync(`/host/${part}`, this.path(`usr/${part}`));
      symlinkSync(`usr/${part}`, this.path(part));
    }
    symlinkSync("/host/share", this.path("usr/share"));
    // By way of /etc/alternatives, which a guest here has not.
    symlinkSync(realpathSync("/usr/bin/awk").replace("/usr/", "/host/"), this.path("usual/awk"));
    for (const command of readdirSync(usualCommands))
      copyFileSync(join(usualCommands, command), this.path(`usual/${command}`));
    const entries = Object.entries(users);
    this.write("etc/passwd", entries.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join(""));
    this.write("etc/group", entries.map(([name, id]) => `${name}:x:${id}:\n`).join(""));
    this.write("etc/fstab", "");
  }

  /** Lays files down as those of a job, each by its own name. */
  send(...paths: readonly string[]): void {
    for (const path of paths) this.write(`job/${basename(path)}`, guestScript(path));
  }

  run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
    const words = [...asRoot, "--mount", "bash", "-ec", enter, this.folder, command, ...args];
    const said = ended("unshare", words, {
      // To bash, Node's pipe is a network connection, on which it would read .bashrc.
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: "C", SSH_CONNECTION: "", ...env },
    });
    if (said.stderr.startsWith("unshare: ")) throw new Error(said.stderr);
    return said;
  }

  /** Lays down the manifest of a job; `files` are those of its files that a `*` stands for. */
  manifest(job: JobName, ...files: readonly string[]): void {
    this.write("job/manifest", manifestOf(job, files));
  }

  /** Runs the job's script. */
  job(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Ended {
    return this.run("bash", ["./script.sh", ...args], env);
  }

  /** What `stat` of coreutils prints of a file, by `format`. */
  stat(name: string, format: string): string {
    return this.run("stat", ["-c", format, `/${name}`]).stdout.trim();
  }

  override remove(): void {
    // Those of other users are not this one's to remove.
    if (asRoot.length > 0) this.run("bash", ["-c", "rm -rf /job /srv /var /data"]);
    super.remove();
  }
}

/** A folder that stands for a guest: the commands in bin/ keep what they are told in files there, and log each change. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const directorParts = ["ipvs-table", "drained", "manager", "pair"];

export class FakeGuest {
  readonly folder = mkdtempSync(join(tmpdir(), "lvs-guest-"));

  constructor() {
    // What jobs lay down in /usr/local/lib/lvs.
    for (const part of ["lvs-common.sh", ...directorParts.map((name) => `director/${name}.sh`)])
      this.write(`lib/${basename(part)}`, readFileSync(`scripts/guest/${part}`, "utf8"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** A command of the test's own, in the place of one in bin/. */
  command(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/usr/bin/env bash\nset -euo pipefail\n${body}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
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

  run(command: string, args: readonly string[], input = "", cwd = process.cwd(), env = {}): Ended {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      input,
      cwd,
      encoding: "utf8",
      timeout: 20_000,
      env: {
        ...process.env,
        PATH: [this.path("bin"), join(__dirname, "bin"), process.env.PATH].join(delimiter),
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
    if (error) throw error;
    return { code: status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** A stack of the lab tier's own, like another but on a network of its own, brought up as a person would. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { projectRoot } from "../../tools/project";

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export class TestStack {
  readonly file: string;

  constructor(
    readonly name: string,
    private readonly original: string,
  ) {
    this.file = join(projectRoot, `Pulumi.${name}.yaml`);
    this.reset();
  }

  /** Writes `value` at `path` of the stack file, below `config`. */
  set(path: readonly (string | number)[], value: unknown): void {
    const document = parseDocument(readFileSync(this.file, "utf8"));
    const [first, ...rest] = path;
    document.setIn(["config", `lvs-wordpress:${first}`, ...rest], document.createNode(value));
    writeFileSync(this.file, document.toString());
  }

  /** The stack file as it was at first, but for the salt that Pulumi keeps in it. */
  reset(): void {
    const salt = /^encryptionsalt:.*\n/m;
    const own = existsSync(this.file) ? (salt.exec(readFileSync(this.file, "utf8"))?.[0] ?? "") : "";
    const original = readFileSync(join(projectRoot, `Pulumi.${this.original}.yaml`), "utf8");
    writeFileSync(this.file, original.replaceAll("172.16.0.", "172.16.251.").replace(salt, "") + own);
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }

  /** Runs `npm run COMMAND -- STACK ...`; what it prints is shown as it comes, on standard error. */
  run(
    command: string,
    args: readonly string[] = [],
    options: { interruptWhen?: RegExp; quiet?: boolean } = {},
  ): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn("bash", ["scripts/host/run.sh", command, this.name, ...args], {
        cwd: projectRoot,
        // A process group of its own, so that an interrupt reaches all of it, as Ctrl-C does.
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      let interrupted = false;
      const take = (data: Buffer): void => {
        output += data.toString();
        if (!options.quiet) process.stderr.write(data);
        if (!interrupted && options.interruptWhen?.test(output)) {
          interrupted = true;
          process.kill(-child.pid!, "SIGINT");
        }
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.on("error", reject);
      child.on("exit", (code) => resolve({ code: code ?? 130, output }));
    });
  }

  /** Runs a command on the client's side of the lab. */
  beside(...command: string[]): Ran {
    const { status, stdout, stderr } = spawnSync(
      join(projectRoot, "scripts/host/hypervisor.sh"),
      ["exec", ...command],
      { encoding: "utf8" },
    );
    return { code: status ?? 1, output: stdout + stderr };
  }
}

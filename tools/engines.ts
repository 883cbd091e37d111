/** The two ways a stack is brought up: Pulumi's own engine, or a rehearsal where that cannot be had. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { Journal } from "../rehearsal/journal";
import { settingsOf } from "../settings/config";
import type { SiteSettings } from "../settings/site";
import {
  UserError,
  besideMachines,
  engineEnvironment,
  passphrase,
  projectName,
  projectRoot,
  stateFolder,
} from "./project";

/** What a stack puts out; see index.ts. */
export interface StackOutputs {
  readonly site: SiteSettings;
  readonly url: string;
  readonly imageHash: string;
  readonly adminPassword: string;
  readonly databasePassword: string;
  readonly operatorKey: string;
  readonly hostKeys: Readonly<Record<string, string>>;
}

export interface Engine {
  /** One plain line: which engine this is. */
  readonly description: string;
  up(stack: string): void;
  down(stack: string): void;
  /** Shows what `up` would do. */
  preview(stack: string): void;
  /** Undefined when the stack is not up. */
  outputs(stack: string): StackOutputs | undefined;
}

export const journalFile = (stack: string): string => join(stateFolder, "rehearsal", `${stack}.journal`);

export function rehearsal(why: string): Engine {
  const run = (verb: string) => (stack: string) =>
    runBeside([process.execPath, ...process.execArgv, join(projectRoot, "rehearsal/main.ts"), verb, stack]);
  return {
    description: `a rehearsal, for ${why}: the same graph without plan, lock or refresh (https://www.pulumi.com/docs/install gives the engine)`,
    up: run("up"),
    down: run("down"),
    preview: () => console.log("a rehearsal has no preview; the settings above are what changes"),
    outputs(stack) {
      const outputs = new Journal(journalFile(stack), passphrase()).outputs as Partial<StackOutputs>;
      return outputs.site ? (outputs as StackOutputs) : undefined;
    },
  };
}

function pulumi(cli: string): Engine {
  const version = spawnSync(cli, ["version"], { encoding: "utf8" }).stdout.trim();
  const select = (stack: string) =>
    runBeside([cli, "stack", "select", "--create", stack, "--non-interactive"], "ignore");
  return {
    description: `Pulumi ${version}`,
    up(stack) {
      select(stack);
      runBeside([cli, "up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs"]);
    },
    down(stack) {
      select(stack);
      runBeside([cli, "destroy", "--stack", stack, "--yes", "--skip-preview"]);
    },
    preview(stack) {
      select(stack);
      runBeside([cli, "preview", "--stack", stack]);
    },
    outputs(stack) {
      const args = ["stack", "output", "--stack", stack, "--json", "--show-secrets"];
      const { status, stdout } = spawnSync(cli, args, {
        cwd: projectRoot,
        env: engineEnvironment(),
        encoding: "utf8",
      });
      const outputs = status === 0 ? (JSON.parse(stdout) as Partial<StackOutputs>) : {};
      return outputs.site ? (outputs as StackOutputs) : undefined;
    },
  };
}

/** The engine that `stack` was made with; for a stack that is not up, the genuine one where it can be had. */
export function engineFor(stack: string, options: { rehearse?: boolean } = {}): Engine {
  if (options.rehearse) return rehearsal("--rehearse was given");
  if (existsSync(journalFile(stack)))
    return rehearsal(`${stack} was brought up by one (npm run down -- ${stack} ends it)`);
  const { status, stdout, stderr } = spawnSync(
    join(projectRoot, "scripts/host/engine.sh"),
    [providerBinary(stack)],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? pulumi(stdout.trim()) : rehearsal(stderr.trim());
}

/** What the stack puts out. @throws when it is not up */
export function outputsOf(stack: string): StackOutputs {
  const outputs = engineFor(stack).outputs(stack);
  if (!outputs) throw new UserError(`${stack} is not up: npm run up -- ${stack}`);
  return outputs;
}

/** The values of a stack file under their full keys, as Pulumi hands them to a program. */
export function stackConfig(stack: string): Record<string, string> {
  const file = parse(readFileSync(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8")) as {
    config?: Record<string, unknown>;
  } | null;
  return Object.fromEntries(
    Object.entries(file?.config ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The project's own values of a stack file, prefix left off; nothing is checked yet. */
export function stackSettings(stack: string): Record<string, unknown> {
  return settingsOf(projectName, stackConfig(stack));
}

/** Whether the stack's hypervisor is this machine's own, or a private one of this checkout. */
export function isLocal(stack: string): boolean {
  const { uri } = (stackSettings(stack).hypervisor ?? {}) as { uri?: string };
  return uri === undefined || uri === "qemu:///system";
}

function providerBinary(stack: string): string {
  const { provider } = (stackSettings(stack).hypervisor ?? {}) as { provider?: string };
  return provider ?? "";
}

function runBeside(command: readonly string[], stdout: "inherit" | "ignore" = "inherit"): void {
  const [program, ...args] = besideMachines(command);
  // Ctrl-C reaches the engine too; it ends what it is doing in good order, and this waits for it.
  const ignoreInterrupt = (): void => undefined;
  process.on("SIGINT", ignoreInterrupt);
  const { status } = spawnSync(program!, args, {
    cwd: projectRoot,
    env: engineEnvironment(),
    stdio: ["inherit", stdout, "inherit"],
  });
  process.off("SIGINT", ignoreInterrupt);
  if (status !== 0)
    throw new UserError("that failed; what was made is kept, and the next up or down goes on from there");
}

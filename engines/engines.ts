/** The two ways a stack is brought up: Pulumi's own engine, or a rehearsal where that cannot be had. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { Journal } from "./offline/journal";
import { settingsOf } from "../settings/config";
import type { SiteSettings } from "../settings/site";
import { type Finished, runWithProgress } from "../project/progress";
import {
  UserError,
  besideMachines,
  engineEnvironment,
  passphrase,
  projectName,
  projectRoot,
  stackFile,
  stateFolder,
} from "../project/project";

/** What a stack puts out; see index.ts. */
export interface StackOutputs {
  readonly site: SiteSettings;
  readonly url: string;
  readonly imageHash: string;
  /** WordPress's alone, as the next. */
  readonly adminPassword?: string;
  readonly databasePassword?: string;
  /** PEM; none without TLS, or with a certificate that was given. */
  readonly caCertificate?: string;
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
    runBeside([
      process.execPath,
      ...process.execArgv,
      join(projectRoot, "engines/offline/main.ts"),
      verb,
      stack,
    ]);
  return {
    description: `a rehearsal, for ${why}: the same graph without plan, lock or refresh (https://www.pulumi.com/docs/install gives the engine)`,
    up: run("up"),
    down: run("down"),
    preview: () => console.log("a rehearsal has no preview; the settings above are what changes"),
    outputs: (stack) => known(new Journal(journalFile(stack), passphrase()).outputs),
  };
}

/** Outputs without what the site has not; undefined when there is no site. */
function known(outputs: Readonly<Record<string, unknown>>): StackOutputs | undefined {
  const told = Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== null));
  return told.site ? (told as unknown as StackOutputs) : undefined;
}

function pulumi(cli: string): Engine {
  const version = spawnSync(cli, ["version"], { encoding: "utf8" }).stdout.trim();
  const run =
    (verb: string, ...options: string[]) =>
    (stack: string) => {
      selectStack(cli, stack);
      runBeside([cli, verb, "--stack", stack, ...configFile(stack), ...options]);
    };
  return {
    description: `Pulumi ${version}`,
    up: run("up", "--yes", "--skip-preview", "--suppress-outputs"),
    down: run("destroy", "--yes", "--skip-preview"),
    preview: run("preview"),
    outputs(stack) {
      const args = ["stack", "output", "--stack", stack, "--json", "--show-secrets"];
      const { status, stdout } = spawnSync(cli, args, {
        cwd: projectRoot,
        env: engineEnvironment(),
        encoding: "utf8",
      });
      return known(status === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : {});
    },
  };
}

/** Selects a stack, and makes one that is new. Pulumi puts its salt into a file Pulumi.STACK.yaml, which a lab has not. */
function selectStack(cli: string, stack: string): void {
  const own = join(projectRoot, `Pulumi.${stack}.yaml`);
  const isOwn = existsSync(own);
  runBeside([cli, "stack", "select", "--create", stack, "--non-interactive"], "ignore");
  if (!isOwn) rmSync(own, { force: true });
}

/** How Pulumi is told of a lab's file: by a copy, for it writes a salt into what it is given, and labs belong to git. */
function configFile(stack: string): string[] {
  const file = stackFile(stack);
  if (!file.startsWith("labs/")) return [];
  const copy = join(stateFolder, file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(projectRoot, file), copy);
  return ["--config-file", copy];
}

const engineScript = join(projectRoot, "scripts/host/engine.sh");

/** The engine that `stack` was made with; for a stack that is not up, the genuine one where it can be had. */
export function engineFor(stack: string): Engine {
  return (
    engineInUse(stack) ?? engineFrom(spawnSync(engineScript, [providerBinary(stack)], { encoding: "utf8" }))
  );
}

/** As engineFor, on a line that moves: the engine may have to be downloaded. */
export async function fetchEngine(stack: string, options: { rehearse?: boolean } = {}): Promise<Engine> {
  if (options.rehearse) return rehearsal("--rehearse was given");
  const label = "looking for Pulumi's engine";
  return (
    engineInUse(stack) ?? engineFrom(await runWithProgress([engineScript, providerBinary(stack)], { label }))
  );
}

/** The rehearsal that `stack` was made with, if it was. */
function engineInUse(stack: string): Engine | undefined {
  if (!existsSync(journalFile(stack))) return undefined;
  return rehearsal(`${stack} was brought up by one (npm run down -- ${stack} ends it)`);
}

/** The engine that engine.sh found, or a rehearsal for the reason it gave. */
function engineFrom({ status, stdout, stderr }: Finished): Engine {
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
  return configIn(readFileSync(join(projectRoot, stackFile(stack)), "utf8"));
}

function configIn(text: string): Record<string, string> {
  const file = parse(text) as { config?: Record<string, unknown> } | null;
  return Object.fromEntries(
    Object.entries(file?.config ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The project's own values in a stack file's text, prefix left off; nothing is checked yet. */
export const settingsIn = (text: string): Record<string, unknown> => settingsOf(projectName, configIn(text));

/** As settingsIn, of the stack's file. */
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

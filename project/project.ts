/** Where things are, and how programs are run. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileName } from "../settings/config";
import { SettingsError } from "../settings/problems";
import { runWithProgress } from "./progress";

export const projectRoot = join(__dirname, "..");
/** Everything that the project keeps outside git. */
export const stateFolder = join(projectRoot, ".lvs");
export const projectName = "lvs-wordpress";

/** Ends a command with one plain message. */
export class UserError extends Error {}

/** Runs a tool's `main`, whose number is the exit code; a user's error is its message, anything else a stack trace. */
export function runTool(main: () => Promise<unknown>): void {
  main().then(
    (code) => process.exit(typeof code === "number" ? code : 0),
    (error: unknown) => {
      const isPlain = error instanceof UserError || error instanceof SettingsError;
      console.error(isPlain ? error.message : error);
      process.exit(1);
    },
  );
}

/** The command line, taken apart: flags, and words. What follows `commandAfter` words is a command, its flags its own. */
export function parseArgs(
  known: readonly string[],
  commandAfter = Infinity,
): { words: string[]; flags: Set<string> } {
  const words: string[] = [];
  const flags = new Set<string>();
  for (const arg of process.argv.slice(2)) {
    if (!arg.startsWith("-") || words.length >= commandAfter) words.push(arg);
    else if (known.includes(arg)) flags.add(arg);
    else if (arg !== "--") throw new UserError(`unknown option ${arg}; known: ${known.join(", ") || "none"}`);
  }
  return { words, flags };
}

/** The file in which `stack` is written, from the project's root: its own, else that of the ready lab of its name. */
export function stackFile(stack: string): string {
  return stackFileName(stack, (file) => {
    const path = join(projectRoot, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  });
}

const namesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(projectRoot, folder))
    .flatMap((file) => pattern.exec(file)?.[1] ?? [])
    .sort();
const labs = (): string => `labs: ${namesIn("labs", /^(.+)\.yaml$/).join(", ")}`;

/** `stack`, when there is a stack file or a lab for it. */
export function requireStack(stack = "dev"): string {
  if (existsSync(join(projectRoot, stackFile(stack)))) return stack;
  const stacks = namesIn(".", /^Pulumi\.(.+)\.yaml$/).join(", ");
  throw new UserError(`there is no Pulumi.${stack}.yaml; stacks here: ${stacks}; ${labs()}`);
}

/** `lab`, when that is a ready lab. */
export function requireLab(lab: string | undefined): string {
  if (lab === undefined) throw new UserError(`usage: npm run up -- --lab NAME; ${labs()}`);
  const file = `labs/${lab}.yaml`;
  if (stackFile(lab) === file) return lab;
  if (!existsSync(join(projectRoot, file))) throw new UserError(`there is no ${file}; ${labs()}`);
  throw new UserError(`Pulumi.${lab}.yaml takes the place of ${file}: npm run up -- ${lab}, or remove it`);
}

/** Runs a script of scripts/host with this terminal, and gives what it prints to standard output. */
export async function hostScript(script: string, ...args: string[]): Promise<string> {
  const { status, stdout } = await runWithProgress([join(projectRoot, "scripts/host", script), ...args]);
  if (status !== 0) throw new UserError(`scripts/host/${script} ${args.join(" ")} failed`);
  return stdout.trim();
}

/** Whether this process runs beside the machines already. */
const inside = (): boolean => process.env.LVS_INSIDE === "1";

/** The command line that runs `command` where the machines are. */
export function besideMachines(command: readonly string[]): string[] {
  return inside() ? [...command] : [join(projectRoot, "scripts/host/hypervisor.sh"), "exec", ...command];
}

/** Goes on beside the machines: a private hypervisor's namespaces are entered by running this very command there. */
export function enterLab(): void {
  if (!inside()) process.exit(runThisInside());
}

/** Runs `main` beside the machines, in a process of its own, and here `after` with its exit code. */
export async function runBesideMachines(
  main: () => Promise<number>,
  after: (code: number) => number,
): Promise<number> {
  return inside() ? main() : after(runThisInside());
}

function runThisInside(): number {
  const [program, ...args] = besideMachines([
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]);
  // Ctrl-C reaches it there too; it ends in good order, and this waits for it.
  process.on("SIGINT", () => undefined);
  const { status } = spawnSync(program!, args, {
    stdio: "inherit",
    env: { ...process.env, LVS_INSIDE: "1" },
  });
  return status ?? 1;
}

/**
 * The environment of both engines: state below the project and a generated passphrase, unless the environment says
 * otherwise. No account is needed.
 */
export function engineEnvironment(): NodeJS.ProcessEnv {
  // A script that waits for another machine's keeps a worker of the engine: there are to be more of these than machines.
  const env: NodeJS.ProcessEnv = {
    PULUMI_PARALLEL: "64",
    ...process.env,
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  if (!env.PULUMI_BACKEND_URL) {
    mkdirSync(join(stateFolder, "state"), { recursive: true });
    env.PULUMI_BACKEND_URL = `file://${join(stateFolder, "state")}`;
  }
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined)
    env.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile();
  return env;
}

function passphraseFile(): string {
  const file = join(stateFolder, "passphrase");
  if (!existsSync(file)) {
    mkdirSync(stateFolder, { recursive: true });
    writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  }
  return file;
}

export function passphrase(): string {
  const env = engineEnvironment();
  return env.PULUMI_CONFIG_PASSPHRASE ?? readFileSync(env.PULUMI_CONFIG_PASSPHRASE_FILE!, "utf8").trim();
}

/** Runs programs on this host, and beside the machines: inside the private hypervisor's namespaces where there is one. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./paths";
import { runWithProgress } from "./progress";
import { UserError } from "./userError";
import type { NonEmpty } from "../settings/lists";

/** Runs a script of scripts/host with this terminal. Resolves with its standard output. @throws UserError when it fails */
export async function hostScript(script: string, ...args: string[]): Promise<string> {
  const { status, stdout } = await runWithProgress([join(projectRoot, "scripts/host", script), ...args]);
  if (status !== 0) throw new UserError(`scripts/host/${script} ${args.join(" ")} failed`);
  return stdout.trim();
}

/** Runs a command of `lvs` with this terminal. Returns whether its exit code is 0. */
export const runCommand = (command: string, ...args: string[]): boolean =>
  spawnSync("bash", ["scripts/host/run.sh", command, ...args], { cwd: projectRoot, stdio: "inherit" })
    .status === 0;

/** Whether this process already runs beside the machines. */
const inside = (): boolean => process.env.LVS_INSIDE === "1";

/** The command line that runs `command` beside the machines. */
export function besideMachines(command: NonEmpty<string>): NonEmpty<string> {
  return inside() ? command : [join(projectRoot, "scripts/host/hypervisor.sh"), "exec", ...command];
}

/** Continues beside the machines: runs this same command there, and exits with its code. Returns when already there. */
export function enterLab(): void {
  if (!inside()) process.exit(runThisInside());
}

/** Runs `main` beside the machines in its own process, and then `after` here with its exit code. Resolves with the final exit code. */
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
  // Ctrl-C reaches the child too. It ends in good order, and this process waits for it.
  process.on("SIGINT", () => undefined);
  const { status } = spawnSync(program, args, {
    stdio: "inherit",
    env: { ...process.env, LVS_INSIDE: "1" },
  });
  return status ?? 1;
}

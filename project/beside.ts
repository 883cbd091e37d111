/** Programs of this host, and those that run beside the machines: in a private hypervisor's namespaces where there is one. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./paths";
import { runWithProgress } from "./progress";
import { UserError } from "./userError";

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

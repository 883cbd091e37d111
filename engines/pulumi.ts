/**
 * Pulumi's engine, in the form that commands use. engines/pulumiMain.ts drives it through the automation API, in a
 * process beside the machines.
 */
import { spawnSync } from "node:child_process";
import { projectRoot } from "../project/paths";
import { UserError } from "../project/userError";
import { type Engine, outputsFrom, planBeside, runBeside } from "./engine";
import { engineEnvironment } from "./environment";

/** The engine behind the Pulumi command at path `cli`. */
export function pulumi(cli: string): Engine {
  const version = spawnSync(cli, ["version"], { encoding: "utf8" }).stdout.trim();
  const main = "engines/pulumiMain.ts";
  return {
    description: `Pulumi ${version}`,
    up: (stack) => runBeside(main, "up", stack, cli),
    down: (stack) => runBeside(main, "down", stack, cli),
    forget: (stack, machines) => runBeside(main, "forget", stack, cli, ...machines),
    plan: (stack) => planBeside(main, "plan", stack, cli),
    // Not through the automation API: loading it takes a second, and it then runs the same command twice. Most commands
    // start with this call.
    outputs(stack) {
      const { status, stdout, stderr } = spawnSync(
        cli,
        ["stack", "output", "--stack", stack, "--json", "--show-secrets", "--non-interactive"],
        { cwd: projectRoot, env: engineEnvironment(), encoding: "utf8" },
      );
      if (status === 0) return outputsFrom(stack, JSON.parse(stdout) as Record<string, unknown>);
      if (stderr.includes("no stack named")) return undefined;
      throw new UserError(`the outputs of ${stack} cannot be read: ${stderr.trim()}`);
    },
  };
}

/** Pulumi's own engine, as commands see it: engines/pulumiMain.ts drives it by the automation API, in a process beside the machines. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../project/paths";
import { UserError } from "../project/userError";
import { type Engine, outputsFrom, runBeside } from "./engine";
import { engineEnvironment } from "./environment";

/** The engine whose command is `cli`. */
export function pulumi(cli: string): Engine {
  const version = spawnSync(cli, ["version"], { encoding: "utf8" }).stdout.trim();
  const run = (verb: string) => (stack: string) =>
    runBeside([
      process.execPath,
      ...process.execArgv,
      join(projectRoot, "engines/pulumiMain.ts"),
      verb,
      stack,
      cli,
    ]);
  return {
    description: `Pulumi ${version}`,
    up: run("up"),
    down: run("down"),
    preview: run("preview"),
    // Without the automation API, which would load for a second and then run the same command twice: most commands begin here.
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

/** Pulumi's own engine, by its command line. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot, stateFolder } from "../project/paths";
import { stackFile } from "../project/stacks";
import { type Engine, outputsFrom, runBeside } from "./engine";
import { engineEnvironment } from "./environment";

/** The engine whose command is `cli`. */
export function pulumi(cli: string): Engine {
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
      return outputsFrom(stack, status === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : {});
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

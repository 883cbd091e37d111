/** The interface of an engine, and how its programs run. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { besideMachines } from "../project/beside";
import { projectRoot } from "../project/paths";
import { UserError } from "../project/userError";
import { OutputsError, type StackOutputs, readOutputs } from "../settings/outputs";
import { engineEnvironment } from "./environment";
import { type NonEmpty, present } from "../settings/lists";
import type { Plan } from "./plan";

export interface Engine {
  /** Names the engine, in one line of plain text. */
  readonly description: string;
  up(stack: string): void;
  down(stack: string): void;
  /** Takes machines that libvirt no longer has out of the state, so that `up` makes them anew. */
  forget(stack: string, machines: NonEmpty<string>): void;
  /** What `up` would do. Nothing is changed. @throws UserError when the engine failed, after it has printed the reason */
  plan(stack: string): Plan;
  /** The outputs of the stack. Undefined when it is not up. @throws when they cannot be read */
  outputs(stack: string): StackOutputs | undefined;
}

/**
 * The checked outputs of `stack`, from the values that an engine returns. Undefined when there is no site.
 * @throws UserError for outputs that this version of the project cannot read
 */
export function outputsFrom(
  stack: string,
  values: Readonly<Record<string, unknown>>,
): StackOutputs | undefined {
  if (values.site === undefined || values.site === null) return undefined;
  try {
    return readOutputs(values);
  } catch (error) {
    if (error instanceof OutputsError) throw new UserError(`${stack}: ${error.message}`);
    throw error;
  }
}

/** Runs an engine's program, a TypeScript file of the project, beside the machines. @throws UserError when it fails */
export function runBeside(file: string, ...words: readonly string[]): void {
  const { status } = spawnBeside(file, words, "inherit");
  if (status !== 0)
    throw new UserError(
      "the engine failed; what it created is kept, and the next up or down continues from there",
    );
}

/** As `runBeside`, for a program that prints a plan as JSON in its last line. @throws UserError when it fails */
export function planBeside(file: string, ...words: readonly string[]): Plan {
  const { status, stdout } = spawnBeside(file, words, "pipe");
  if (status !== 0) throw new UserError("the engine cannot plan this; nothing was changed");
  return JSON.parse(present(stdout.trim().split("\n").at(-1), "plan")) as Plan;
}

function spawnBeside(
  file: string,
  words: readonly string[],
  stdout: "inherit" | "pipe",
): SpawnSyncReturns<string> {
  const node = [...process.execArgv, join(projectRoot, file), ...words];
  const [program, ...args] = besideMachines([process.execPath, ...node]);
  // Ctrl-C reaches the engine too. It stops in good order, and this process waits for it.
  const ignoreInterrupt = (): void => undefined;
  process.on("SIGINT", ignoreInterrupt);
  const ended = spawnSync(program, args, {
    cwd: projectRoot,
    env: engineEnvironment(),
    stdio: ["inherit", stdout, "inherit"],
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  process.off("SIGINT", ignoreInterrupt);
  return ended;
}

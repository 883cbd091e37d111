/** The two ways a stack is brought up: Pulumi's own engine, or the offline engine where that cannot be had. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../project/paths";
import { type Finished, runWithProgress } from "../project/progress";
import { providerBinary } from "../project/stacks";
import { UserError } from "../project/userError";
import type { StackOutputs } from "../settings/outputs";
import type { Engine } from "./engine";
import { journalFile } from "./offline/journal";
import { offlineEngine } from "./offlineEngine";
import { pulumi } from "./pulumi";

const engineScript = join(projectRoot, "scripts/host/engine.sh");

/** The engine that `stack` was made with; for a stack that is not up, the genuine one where it can be had. */
export function engineFor(stack: string): Engine {
  return (
    engineInUse(stack) ?? engineFrom(spawnSync(engineScript, [providerBinary(stack)], { encoding: "utf8" }))
  );
}

/** As engineFor, on a line that moves: the engine may have to be downloaded. */
export async function fetchEngine(stack: string, options: { offline?: boolean } = {}): Promise<Engine> {
  if (options.offline) return offlineEngine("--offline was given");
  const label = "looking for Pulumi's engine";
  return (
    engineInUse(stack) ?? engineFrom(await runWithProgress([engineScript, providerBinary(stack)], { label }))
  );
}

/** The offline engine, when it has made `stack`. */
function engineInUse(stack: string): Engine | undefined {
  if (!existsSync(journalFile(stack))) return undefined;
  return offlineEngine(`it has made ${stack} (npm run down -- ${stack} ends that)`);
}

/** The engine that engine.sh found, or the offline engine for the reason that it gave. */
function engineFrom({ status, stdout, stderr }: Finished): Engine {
  return status === 0 ? pulumi(stdout.trim()) : offlineEngine(stderr.trim());
}

/** What the stack puts out. @throws when it is not up */
export function outputsOf(stack: string): StackOutputs {
  const outputs = engineFor(stack).outputs(stack);
  if (!outputs) throw new UserError(`${stack} is not up: npm run up -- ${stack}`);
  return outputs;
}

/** The two ways to bring a stack up: Pulumi's engine, or the offline engine where Pulumi's is not available. */
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

/** The engine that made `stack`. For a stack that is not up: Pulumi's engine if it is available, else the offline engine. */
export function engineFor(stack: string): Engine {
  return (
    engineInUse(stack) ?? engineFrom(spawnSync(engineScript, [providerBinary(stack)], { encoding: "utf8" }))
  );
}

/** Like engineFor, with a moving line, because the engine may have to be downloaded. `offline` forces the offline engine. */
export async function fetchEngine(stack: string, options: { offline?: boolean } = {}): Promise<Engine> {
  if (options.offline) return offlineEngine("--offline was given");
  const label = "looking for Pulumi's engine";
  return (
    engineInUse(stack) ?? engineFrom(await runWithProgress([engineScript, providerBinary(stack)], { label }))
  );
}

/** The offline engine if it has made `stack`, else undefined. */
function engineInUse(stack: string): Engine | undefined {
  if (!existsSync(journalFile(stack))) return undefined;
  return offlineEngine(`it has made ${stack} (npm run down -- ${stack} ends that)`);
}

/** Pulumi's engine at the path that engine.sh printed, or the offline engine with the reason that engine.sh gave. */
function engineFrom({ status, stdout, stderr }: Finished): Engine {
  return status === 0 ? pulumi(stdout.trim()) : offlineEngine(stderr.trim());
}

/** The outputs of a stack. @throws UserError when it is not up, or when its outputs cannot be read */
export function outputsOf(stack: string): StackOutputs {
  const outputs = engineFor(stack).outputs(stack);
  if (!outputs) throw new UserError(`${stack} is not up: npm run up -- ${stack}`);
  return outputs;
}

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { outputsOf } from "../engines/engines";
import { handOver } from "../running/databaseFailover";
import { RunningSite, execHere } from "../running/runningSite";
import { runBesideMachines } from "../project/beside";
import { projectRoot } from "../project/paths";
import { requireStack, siteIn, stackFile } from "../project/stacks";
import { UserError } from "../project/userError";
import { defineCommand, stackArgument } from "./command";

/** Exit code of the part that runs beside the machines, when one of them could not be told. */
const incomplete = 3;

const npmUp = (stack: string): boolean =>
  spawnSync("bash", ["scripts/host/run.sh", "up", stack], { cwd: projectRoot, stdio: "inherit" }).status ===
  0;

async function promote(stack: string, acceptLoss: boolean): Promise<number> {
  const path = join(projectRoot, stackFile(stack));
  const document = parseDocument(readFileSync(path, "utf8"));
  const site = () => siteIn(stack, document.toString());
  const now = site();
  if (!now.replica)
    throw new UserError(
      `${stack} has no replica: write true as mysql.replica in ${stackFile(stack)}, then up`,
    );
  document.setIn(["config", "lvs-wordpress:mysql", "primary"], now.replica.name);
  const started = Date.now();
  const say = (line: string) =>
    console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  const running = new RunningSite(outputsOf(stack));
  try {
    const done = () => writeFileSync(path, document.toString());
    const virsh = (...args: string[]) => execHere(["virsh", "-q", "-c", now.hypervisor.uri, ...args]);
    const untold = await handOver({ running, now, next: site(), virsh, done, acceptLoss, say });
    if (untold.length === 0) return 0;
    console.log(
      `${untold.join(", ")} did not answer; start what is off, then npm run up -- ${stack} installs what is missing`,
    );
    return incomplete;
  } finally {
    running.close();
  }
}

export const promoteDb = defineCommand({
  name: "promote-db",
  group: "Database and backups",
  summary: "makes the database's replica the primary; the former primary is fenced first",
  more: "The former primary stops taking writes, or is powered off when it does not answer. Then the real servers write to the new one, the stack file says so, and up runs.",
  arguments: [stackArgument],
  options: [{ flags: "--accept-loss", what: "goes on when commits of a silent primary may be lost" }],
  examples: [["promote-db ha-full", "a planned change, or after the primary was lost"]],
  run(input) {
    const stack = requireStack(input.words[0]);
    return runBesideMachines(
      () => promote(stack, input.has("accept-loss")),
      (code) => {
        if (code === 0) return npmUp(stack) ? 0 : 1;
        return code === incomplete ? 0 : code;
      },
    );
  },
});

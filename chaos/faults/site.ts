/** Faults of the whole site: its network, its host, and its operator. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { machinesOf } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { projectRoot } from "../../project/paths";
import { noBound, noFailedRequest } from "../bounds";
import { type Fault, onEverySite, holdSeconds } from "../fault";
import { powerOff, powerOn, execOnAll } from "../strike";
import { type NonEmpty, present } from "../../settings/lists";
import { afterLast } from "../../settings/text";

const all = ({ site }: RunningSite): readonly string[] => machinesOf(site).map(({ name }) => name);

/** Runs a tc(8) command for every NIC of every machine. */
const onEveryNic = (running: RunningSite, command: (device: string) => string): Promise<void> =>
  Promise.all(
    machinesOf(running.site).map(({ name, nics }) =>
      execOnAll(running, [name], nics.map(({ device }) => command(device)).join("\n")),
    ),
  ).then(() => undefined);

/** The command line that runs `command` outside of the private hypervisor's namespaces, where an operator types it. */
function outside(command: NonEmpty<string>): NonEmpty<string> {
  const namespace = (pid: string) => readlinkSync(`/proc/${pid}/ns/net`);
  const parent = String(process.ppid);
  if (namespace(parent) === namespace("self")) return command;
  return ["nsenter", "--target", parent, "--net", "--mount", `--wd=${projectRoot}`, "--", ...command];
}

interface Ran {
  readonly code: number | null;
  /** The last line of its output. */
  readonly last: string;
}

/** Runs `up` as an operator does. With `interrupt` it gets Ctrl-C 1.5 s after the engine has started. */
async function runUp({ site }: RunningSite, interrupt = false): Promise<Ran> {
  const [program, ...args] = outside(["bash", "scripts/host/run.sh", "up", site.stack, "--yes"]);
  const child = spawn(program, args, {
    cwd: projectRoot,
    env: { ...process.env, LVS_INSIDE: undefined },
    // Its own process group, because Ctrl-C goes to a whole group.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let timer: NodeJS.Timeout | undefined;
  const hear = (data: Buffer) => {
    said += data.toString();
    if (interrupt && said.includes(`${site.stack}: `))
      timer ??= setTimeout(() => process.kill(-present(child.pid, "process of up"), "SIGINT"), 1500);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  return { code, last: afterLast(said.trim(), "\n") };
}

export async function up(running: RunningSite): Promise<void> {
  const { code, last } = await runUp(running);
  if (code !== 0) throw new Error(`up failed: ${last}`);
}

export const siteFaults: readonly Fault[] = [
  {
    name: "lossy",
    what: "every machine's packets take 100 ms more, and 5 % are lost",
    applies: onEverySite,
    machines: all,
    inject: (running) =>
      onEveryNic(running, (device) => `tc qdisc replace dev ${device} root netem delay 100ms loss 5%`),
    holdSeconds: 1.5 * holdSeconds,
    undo: (running) => onEveryNic(running, (device) => `tc qdisc del dev ${device} root 2>/dev/null || true`),
    bound: () => noBound("none: every line is slow"),
  },
  {
    name: "all-off",
    what: "every machine loses its power",
    applies: onEverySite,
    machines: all,
    inject: powerOff,
    holdSeconds: 2,
    undo: powerOn,
    bound: () => noBound("none: everything is off"),
  },
  {
    name: "up-twice",
    what: "up runs twice",
    applies: onEverySite,
    machines: all,
    async inject(running) {
      await up(running);
      await up(running);
    },
    holdSeconds: 0,
    bound: () => noFailedRequest,
  },
  {
    name: "up-interrupted",
    what: "up is interrupted, and run again",
    applies: onEverySite,
    machines: all,
    async inject(running) {
      const { code } = await runUp(running, true);
      if (code === 0) throw new Error("up had ended before it could be interrupted");
      await up(running);
    },
    holdSeconds: 0,
    bound: () => noFailedRequest,
  },
];

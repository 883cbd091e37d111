/** How long `up` takes, as a ratio to the boot of the machines alone. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { defaultSuite } from "../settings/debianSuites";
import { hostScript } from "./beside";
import { projectRoot } from "./paths";
import { stackFile } from "./stacks";
import { UserError } from "./userError";

const stack = "bench";
const file = join(projectRoot, `Pulumi.${stack}.yaml`);

/** Seconds that a command of the project takes. */
function timed(command: string, ...args: string[]): number {
  const started = Date.now();
  const { status, stderr, stdout } = spawnSync("bash", ["scripts/host/run.sh", command, stack, ...args], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  if (status !== 0) throw new UserError(`${command} failed:\n${stdout}${stderr}`);
  return (Date.now() - started) / 1000;
}

function settings(lab: string, layDown: boolean): void {
  const document = parseDocument(readFileSync(join(projectRoot, stackFile(lab)), "utf8"));
  document.setIn(["config", "lvs-wordpress:layDown"], layDown);
  document.setIn(["config", "lvs-wordpress:protect"], false);
  writeFileSync(file, document.toString());
}

export interface Duration {
  readonly what: string;
  readonly seconds: number;
  /** To the boot of the machines alone. */
  readonly ratio: number;
}

/** Brings a lab up and down on a stack of its own, which is gone afterwards. @throws UserError when that stack is there already */
export async function measureUp(lab: string, options: readonly string[]): Promise<Duration[]> {
  if (existsSync(file))
    throw new UserError(
      `${file} is there already: another bench runs, or one was cut off (npm run down -- ${stack}, then remove it)`,
    );
  const up = () => timed("up", ...options);
  try {
    await hostScript("setup.sh");
    await hostScript("cached-image.sh", defaultSuite);
    await hostScript("hypervisor.sh", "start");
    settings(lab, false);
    const machines = up();
    timed("down", "--yes");
    settings(lab, true);
    const site = up();
    const unchanged = up();
    const down = timed("down", "--yes");
    const rows: readonly (readonly [string, number])[] = [
      [`the machines of ${lab} alone, to an answered ssh command`, machines],
      ["the whole site, serving", site],
      ["up once more, nothing changed", unchanged],
      ["down", down],
    ];
    return rows.map(([what, seconds]) => ({ what, seconds, ratio: seconds / machines }));
  } finally {
    timed("down", "--yes");
    rmSync(file, { force: true });
  }
}

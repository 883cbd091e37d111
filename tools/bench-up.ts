/**
 * npm run bench:up [-- --rehearse]: how long a site takes, as a ratio to what its machines alone take to reach ssh, both
 * sides in one run, on a stack of its own that is gone afterwards.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { UserError, hostScript, parseArgs, projectRoot, runTool } from "./project";
import { table } from "./table";

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

function settings(layDown: boolean): void {
  writeFileSync(
    file,
    `config:\n  lvs-wordpress:network:\n    cidr: 172.16.250.0/24\n  lvs-wordpress:layDown: ${layDown}\n`,
  );
}

runTool(async () => {
  const { flags } = parseArgs(["--rehearse"]);
  if (existsSync(file))
    throw new UserError(
      `${file} is there already: another bench runs, or one was cut off (npm run down -- ${stack}, then remove it)`,
    );
  const up = () => timed("up", ...flags);
  try {
    await hostScript("setup.sh");
    await hostScript("image.sh");
    await hostScript("hypervisor.sh", "start");
    settings(false);
    const machines = up();
    timed("down");
    settings(true);
    const site = up();
    const unchanged = up();
    const down = timed("down");
    const rows = [
      ["five machines alone, to an answered ssh command", machines],
      ["the whole site, to WordPress through the VIP", site],
      ["up once more, nothing changed", unchanged],
      ["down", down],
    ] as const;
    console.log(
      table(
        ["what", "seconds", "ratio"],
        rows.map(([what, seconds]) => [what, seconds.toFixed(1), (seconds / machines).toFixed(2)]),
      ),
    );
  } finally {
    timed("down");
    rmSync(file, { force: true });
  }
});

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { hostScript } from "../project/beside";
import { projectRoot } from "../project/paths";
import { requireLab, stackFile } from "../project/stacks";
import { UserError } from "../project/userError";
import { table } from "../project/table";
import { type Input, defineCommand, jsonOption, printJson } from "./command";

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
  writeFileSync(file, document.toString());
}

async function run(input: Input): Promise<void> {
  const lab = requireLab(input.words[0] ?? "dr-wordpress");
  if (existsSync(file))
    throw new UserError(
      `${file} is there already: another bench runs, or one was cut off (npm run down -- ${stack}, then remove it)`,
    );
  const up = () => timed("up", ...(input.has("offline") || input.has("rehearse") ? ["--offline"] : []));
  try {
    await hostScript("setup.sh");
    await hostScript("image.sh");
    await hostScript("hypervisor.sh", "start");
    settings(lab, false);
    const machines = up();
    timed("down");
    settings(lab, true);
    const site = up();
    const unchanged = up();
    const down = timed("down");
    const rows: readonly (readonly [string, number])[] = [
      [`the machines of ${lab} alone, to an answered ssh command`, machines],
      ["the whole site, serving", site],
      ["up once more, nothing changed", unchanged],
      ["down", down],
    ];
    if (input.has("json")) {
      const json = rows.map(([what, seconds]) => ({ what, seconds, ratio: seconds / machines }));
      return printJson({ lab, rows: json });
    }
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
}

export const benchUp = defineCommand({
  name: "bench-up",
  group: "Develop",
  summary: "measures up as a ratio to the boot of the machines alone",
  more: "Both sides are measured in one run, on a stack of its own that is gone afterwards. The lab itself must not be up.",
  arguments: [{ name: "lab?", what: "a lab; dr-wordpress by default", completes: "lab" }],
  options: [
    { flags: "--offline", what: "uses the offline engine" },
    { flags: "--rehearse", what: "the former name of --offline" },
    jsonOption,
  ],
  examples: [["bench-up fullnat", "another lab"]],
  run,
});

/** npm test [-- --only TIER]: every tier in turn; a line at the end sums them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostScript } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { projectRoot } from "../project/paths";
import { UserError } from "../project/userError";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const npmScript = (script: string) => (): Count => {
  const { status } = spawnSync("npm", ["run", "--silent", script], { cwd: projectRoot, stdio: "inherit" });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

/** Runs the tests below `folder`; a suite that cannot even start counts as one failed test. */
const jest =
  (folder: string, ...args: string[]) =>
  (): Count => {
    const results = mkdtempSync(join(tmpdir(), "lvs-test-"));
    const file = join(results, "results.json");
    spawnSync(
      join(projectRoot, "node_modules/.bin/jest"),
      [`tests/${folder}/`, "--json", `--outputFile=${file}`, ...args],
      {
        cwd: projectRoot,
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    try {
      const found = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
      const failed = found.numFailedTests! + found.numRuntimeErrorTestSuites!;
      return {
        passed: found.numPassedTests!,
        failed: found.numTotalTests === 0 ? Math.max(1, failed) : failed,
      };
    } catch {
      return { passed: 0, failed: 1 };
    } finally {
      rmSync(results, { recursive: true });
    }
  };

const tiers: Readonly<Record<string, () => Count>> = {
  lint: npmScript("lint"),
  types: npmScript("types"),
  unit: jest("unit", "--maxWorkers=100%"),
  templates: jest("templates", "--maxWorkers=100%"),
  lab: jest("lab", "--runInBand"),
};

/** The labs' image takes minutes, and little more than one CPU: it is made beside the tiers before them; their `up` waits for it. */
function makeImage(): void {
  spawn(join(projectRoot, "scripts/host/image.sh"), { stdio: ["ignore", "ignore", "inherit"] }).unref();
}

runTool(async () => {
  const { words, flags } = parseArgs(["--only"]);
  const wanted = flags.has("--only") ? words : Object.keys(tiers);
  const unknown = wanted.filter((tier) => !tiers[tier]);
  if (unknown.length > 0 || wanted.length === 0)
    throw new UserError(`tiers: ${Object.keys(tiers).join(", ")}`);
  if (wanted.some((tier) => tier !== "unit" && tier !== "types")) await hostScript("setup.sh", "--tests");
  if (wanted.includes("lab")) makeImage();
  let passed = 0;
  let failed = 0;
  for (const tier of wanted) {
    console.log(`== ${tier}`);
    const count = tiers[tier]!();
    console.log(`== ${tier}: ${count.passed} passed, ${count.failed} failed`);
    passed += count.passed;
    failed += count.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});

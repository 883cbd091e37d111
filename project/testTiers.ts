/** The tiers of `npm test`, one after another, and their sum. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSuite } from "../settings/debianSuites";
import { hostScript } from "./beside";
import { projectRoot } from "./paths";
import { timesTable } from "./testTimes";
import { oneOfKnown } from "./cli";
import { present } from "../settings/lists";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

type Environment = Readonly<Record<string, string>>;

/** Runs a program to its end with this terminal's standard error; resolves with its exit code. */
function run(program: string, args: readonly string[], environment: Environment = {}): Promise<number> {
  const child = spawn(program, args, {
    cwd: projectRoot,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

const npmScript = (script: string) => (): Promise<Count> => {
  const { status } = spawnSync("npm", ["run", "--silent", script], { cwd: projectRoot, stdio: "inherit" });
  return Promise.resolve(status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
};

/** What jest wrote of a run. */
interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numTotalTests: number;
}

/** Runs the tests that the arguments choose. A suite that cannot even start counts as one failed test. */
async function jest(args: readonly string[], environment: Environment): Promise<Count> {
  const results = mkdtempSync(join(tmpdir(), "lvs-test-"));
  const file = join(results, "results.json");
  await run(
    join(projectRoot, "node_modules/.bin/jest"),
    [...args, "--json", `--outputFile=${file}`],
    environment,
  );
  try {
    const found = JSON.parse(readFileSync(file, "utf8")) as JestResults;
    const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
    return { passed: found.numPassedTests, failed: found.numTotalTests === 0 ? Math.max(1, failed) : failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(results, { recursive: true });
  }
}

const onAllCpus = (folder: string) => (environment: Environment) =>
  jest([`tests/${folder}/`, "--maxWorkers=100%"], environment);

const tiers: Readonly<Record<string, (environment: Environment) => Promise<Count>>> = {
  lint: npmScript("lint"),
  types: npmScript("types"),
  unit: onAllCpus("unit"),
  templates: onAllCpus("templates"),
  // One file at a time: many emulated machines at once take more CPU time than one after the other (docs/performance.md).
  lab: (environment) => jest(["tests/lab/", "--runInBand"], environment),
};

/** The names of the tiers, in the order in which they run. */
export const tierNames: readonly string[] = Object.keys(tiers);

/** The labs' image takes minutes, and little more than one CPU: it is made beside the tiers before them; their `up` waits for it. */
function makeImage(): void {
  spawn(join(projectRoot, "scripts/host/cached-image.sh"), [defaultSuite], {
    stdio: ["ignore", "ignore", "inherit"],
  }).unref();
}

/**
 * Runs the tiers of these names, or all of them; with `all` the lab tier proves every claim on every lab, with every fault.
 * Prints a line with the sum at the end, and resolves with the exit code. @throws UsageError for a tier that does not exist
 */
export async function runTiers(names: readonly string[], all: boolean): Promise<number> {
  for (const name of names) oneOfKnown(name, "tier", tierNames);
  const wanted = names.length > 0 ? names : tierNames;
  if (wanted.some((tier) => tier !== "unit" && tier !== "types")) await hostScript("setup.sh", "--tests");
  const folder = mkdtempSync(join(tmpdir(), "lvs-test-"));
  const times = join(folder, "times");
  if (wanted.includes("lab")) {
    makeImage();
    // In use by this process until the end, so that no stack's down ends it under the next one's up.
    await hostScript("hypervisor.sh", "start");
  }
  let passed = 0;
  let failed = 0;
  try {
    for (const tier of wanted) {
      console.log(`== ${tier}`);
      const started = Date.now();
      const count = await present(
        tiers[tier],
        tier,
      )({ LVS_TEST_TIMES: times, ...(all && { LVS_TEST_ALL: "1" }) });
      const seconds = Math.round((Date.now() - started) / 1000);
      console.log(`== ${tier}: ${count.passed} passed, ${count.failed} failed in ${seconds} s`);
      passed += count.passed;
      failed += count.failed;
    }
    console.log(timesTable(times));
  } finally {
    rmSync(folder, { recursive: true });
    if (wanted.includes("lab")) await hostScript("hypervisor.sh", "stop");
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Stacks in tests, brought up with the npm commands. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { type Path, writeSetting } from "../../project/shape";
import { writtenSite } from "../../project/stacks";
import { projectRoot } from "../../project/paths";
import { type Claim, type Verdict, eventually } from "../../verify/claim";
import { provenOn } from "./gate";
import { took } from "../../project/testTimes";
import { traces } from "./traces";

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export interface RunOptions {
  readonly interruptWhen?: RegExp;
  readonly quiet?: boolean;
}

/**
 * Runs `npm run COMMAND -- ARGS`. Its output also goes to standard error as it comes. Resolves with the exit code,
 * 130 after a signal, and the output.
 */
export function npmRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["scripts/host/run.sh", command, ...args], {
      cwd: projectRoot,
      // A process group of its own, so that an interrupt reaches all its processes, as Ctrl-C does.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let interrupted = false;
    const take = (data: Buffer): void => {
      output += data.toString();
      if (!options.quiet) process.stderr.write(data);
      if (!interrupted && options.interruptWhen?.test(output)) {
        interrupted = true;
        process.kill(-child.pid!, "SIGINT");
      }
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    // Background processes that the command started keep its output open, so `close` may never come. Its own output
    // arrives soon after the exit.
    child.on("exit", (code) => {
      took({ stack: stackIn(args), what: command, seconds: (Date.now() - started) / 1000 });
      setTimeout(() => resolve({ code: code ?? 130, output }), 100);
    });
  });
}

/** The stack in a command line. */
const stackIn = (args: readonly string[]): string => args.find((arg) => !arg.startsWith("-")) ?? "dev";

/** Runs `npm run verify`. Resolves with the verdicts on all claims, or on those with these ids. */
export async function verdictsOf(stack: string, ...ids: readonly string[]): Promise<Verdict[]> {
  const { output } = await npmRun("verify", [stack, ...ids, "--json"], { quiet: true });
  if (!output.includes("{")) throw new Error(output);
  const { checks } = JSON.parse(output.slice(output.indexOf("{"))) as { checks: Verdict[] };
  for (const { id, seconds } of checks) took({ stack, what: "claim", claim: id, seconds });
  return checks;
}

/** Returns the claims that do not hold, with their evidence. */
export const broken = (verdicts: readonly Verdict[]): string[] =>
  verdicts.filter(({ ok }) => !ok).map(({ id, evidence }) => `${id}: ${evidence}`);

/**
 * The claims that this run proves about a stack made from `lab`. They follow from its stack file, so the stack need
 * not be up.
 */
const claimsOfStack = (stack: string, lab: string): readonly Claim[] => provenOn(lab, writtenSite(stack));

/** Judges the claims that `testClaims` tests. */
export const judged = (stack: string, lab: string): Promise<readonly Verdict[]> =>
  verdictsOf(stack, ...claimsOfStack(stack, lab).map(({ id }) => id));

/** Adds one test for each claim that this run proves about a stack made from `lab`. */
export function testClaims(stack: string, lab: string, found = () => judged(stack, lab)): void {
  describe("keeps its promises:", () => {
    const claims = claimsOfStack(stack, lab);
    let verdicts: readonly Verdict[] = [];
    beforeAll(async () => {
      verdicts = await found();
    }, 20 * 60_000);

    test.each(claims)("$text", ({ id }) => {
      const verdict = verdicts.find((one) => one.id === id);
      // A failed claim fails the test even without evidence.
      expect(verdict?.ok ? "" : verdict?.evidence || "not judged").toBe("");
    });
  });
}

export interface TakenDown {
  readonly code: number;
  /** Traces of the stack after `down`. */
  readonly left: readonly string[];
}

let goingDown: Promise<unknown> = Promise.resolve();

/**
 * Takes a stack down and looks for its traces. Waits for an earlier call first: another `down` could end the
 * hypervisor before its traces were found.
 */
export function takeDown(stack: string): Promise<TakenDown> {
  const down = goingDown.then(async () => {
    const { code } = await npmRun("down", [stack, "--yes"], { quiet: true });
    return { code, left: traces(stack) };
  });
  goingDown = down.catch(() => undefined);
  return down;
}

/** Brings the stack up before the tests of a file, and takes it down without a trace after them. */
export function upAndDown(stack: TestStack): void {
  beforeAll(async () => expect(await stack.run("up")).toMatchObject({ code: 0 }), 40 * 60_000);

  afterAll(async () => {
    const down = await takeDown(stack.name);
    stack.forget();
    expect(down).toEqual({ code: 0, left: [] });
  }, 5 * 60_000);
}

/** As `upAndDown`, with the claims of `verify` as the first tests. */
export function testLab(stack: TestStack): void {
  upAndDown(stack);
  testClaims(stack.name, stack.lab);
}

/** A stack for tests: a copy of a lab on a network of its own. */
export class TestStack {
  readonly file: string;

  /** `from` is the prefix of the lab's network, and `network` that of the copy, both as three bytes such as `172.16.0`. */
  constructor(
    readonly name: string,
    readonly lab: string,
    private readonly from: string,
    readonly network: string,
  ) {
    this.file = join(projectRoot, `Pulumi.${name}.yaml`);
    this.reset();
  }

  /** Writes `value` at `path` of the stack file, below `config`. A value of undefined removes it. */
  set(path: Path, value: unknown): void {
    const document = parseDocument(readFileSync(this.file, "utf8"));
    writeSetting(document, path, value);
    writeFileSync(this.file, document.toString());
  }

  /** Restores the original stack file, but keeps the salt that Pulumi wrote into it. */
  reset(): void {
    const salt = /^encryptionsalt:.*\n/m;
    const own = existsSync(this.file) ? (salt.exec(readFileSync(this.file, "utf8"))?.[0] ?? "") : "";
    const original = readFileSync(join(projectRoot, `labs/${this.lab}.yaml`), "utf8");
    writeFileSync(
      this.file,
      original.replaceAll(`${this.from}.`, `${this.network}.`).replace(salt, "") + own,
    );
    // A lab's copy is as disposable as the lab.
    this.set(["protect"], false);
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }

  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    return npmRun(command, [this.name, ...args], options);
  }

  /** Waits until `status` finds every service of every machine active. @throws after `minutes` */
  async untilWell(minutes: number): Promise<void> {
    await eventually(minutes * 60, async () => {
      const { code, output } = await this.run("status", [], { quiet: true });
      if (code !== 0) throw new Error(`${this.name} did not get well within ${minutes} minutes: ${output}`);
    });
  }
}

/** Stacks as a person brings them up: each command is run as it is typed. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { resolveSite } from "../../settings/resolve";
import { stackSettings } from "../../project/stacks";
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

/** Runs `npm run COMMAND -- ARGS`; what it prints is shown as it comes, on standard error. */
export function npmRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["scripts/host/run.sh", command, ...args], {
      cwd: projectRoot,
      // A process group of its own, so that an interrupt reaches all of it, as Ctrl-C does.
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
    // What it leaves running keeps its output open: what it has said itself is there soon after.
    child.on("exit", (code) => {
      took({ stack: stackIn(args), what: command, seconds: (Date.now() - started) / 1000 });
      setTimeout(() => resolve({ code: code ?? 130, output }), 100);
    });
  });
}

/** The stack that a command line names. */
const stackIn = (args: readonly string[]): string => args.find((arg) => !arg.startsWith("-")) ?? "dev";

/** What `npm run verify` finds, of all claims or of those with these ids. */
export async function verdictsOf(stack: string, ...ids: readonly string[]): Promise<Verdict[]> {
  const { output } = await npmRun("verify", [stack, ...ids, "--json"], { quiet: true });
  if (!output.includes("{")) throw new Error(output);
  const { checks } = JSON.parse(output.slice(output.indexOf("{"))) as { checks: Verdict[] };
  for (const { id, seconds } of checks) took({ stack, what: "claim", claim: id, seconds });
  return checks;
}

export const broken = (verdicts: readonly Verdict[]): string[] =>
  verdicts.filter(({ ok }) => !ok).map(({ id, evidence }) => `${id}: ${evidence}`);

/** The claims that this run proves of a stack that was made like `lab`; its stack file says already what they will be. */
const claimsOfStack = (stack: string, lab: string): readonly Claim[] =>
  provenOn(lab, resolveSite(stack, stackSettings(stack)));

/** Has the claims that `testClaims` tests judged. */
export const judged = (stack: string, lab: string): Promise<readonly Verdict[]> =>
  verdictsOf(stack, ...claimsOfStack(stack, lab).map(({ id }) => id));

/** Each claim that this run proves of a stack that was made like `lab`, as a test of its own. */
export function testClaims(stack: string, lab: string, found = () => judged(stack, lab)): void {
  describe("keeps its promises:", () => {
    const claims = claimsOfStack(stack, lab);
    let verdicts: readonly Verdict[] = [];
    beforeAll(async () => {
      verdicts = await found();
    }, 20 * 60_000);

    test.each(claims)("$text", ({ id }) => {
      const verdict = verdicts.find((one) => one.id === id);
      // A claim that does not hold fails, even when it does not say why.
      expect(verdict?.ok ? "" : verdict?.evidence || "not judged").toBe("");
    });
  });
}

export interface TakenDown {
  readonly code: number;
  /** Of the stack, when it was down. */
  readonly left: readonly string[];
}

let goingDown: Promise<unknown> = Promise.resolve();

/** One stack of a file after another: what is left of one is looked for before the next may end the hypervisor. */
export function takeDown(stack: string): Promise<TakenDown> {
  const down = goingDown.then(async () => {
    const { code } = await npmRun("down", [stack], { quiet: true });
    return { code, left: traces(stack) };
  });
  goingDown = down.catch(() => undefined);
  return down;
}

/** A file's stack: up before its tests, down without a trace after them. */
export function upAndDown(stack: TestStack): void {
  beforeAll(async () => expect(await stack.run("up")).toMatchObject({ code: 0 }), 40 * 60_000);

  afterAll(async () => {
    const down = await takeDown(stack.name);
    stack.forget();
    expect(down).toEqual({ code: 0, left: [] });
  }, 5 * 60_000);
}

/** A file's stack, and the claims of `verify` as the first of its tests. */
export function testLab(stack: TestStack): void {
  upAndDown(stack);
  testClaims(stack.name, stack.lab);
}

/** A stack of the lab tier's own, like another but on a network of its own. */
export class TestStack {
  readonly file: string;

  /** `from` and `network` are the first three bytes of the lab's network and of its own. */
  constructor(
    readonly name: string,
    readonly lab: string,
    private readonly from: string,
    readonly network: string,
  ) {
    this.file = join(projectRoot, `Pulumi.${name}.yaml`);
    this.reset();
  }

  /** Writes `value` at `path` of the stack file, below `config`; undefined takes it away. */
  set(path: readonly (string | number)[], value: unknown): void {
    const document = parseDocument(readFileSync(this.file, "utf8"));
    const [first, ...rest] = path;
    const full = ["config", `lvs-wordpress:${first}`, ...rest];
    if (value === undefined) document.deleteIn(full);
    else document.setIn(full, document.createNode(value));
    writeFileSync(this.file, document.toString());
  }

  /** The stack file as it was at first, but for the salt that Pulumi keeps in it. */
  reset(): void {
    const salt = /^encryptionsalt:.*\n/m;
    const own = existsSync(this.file) ? (salt.exec(readFileSync(this.file, "utf8"))?.[0] ?? "") : "";
    const original = readFileSync(join(projectRoot, `labs/${this.lab}.yaml`), "utf8");
    writeFileSync(
      this.file,
      original.replaceAll(`${this.from}.`, `${this.network}.`).replace(salt, "") + own,
    );
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }

  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    return npmRun(command, [this.name, ...args], options);
  }

  /** Until `status` finds every service of every machine active. @throws when that takes longer */
  async untilWell(minutes: number): Promise<void> {
    await eventually(minutes * 60, async () => {
      const { code, output } = await this.run("status", [], { quiet: true });
      if (code !== 0) throw new Error(`${this.name} did not get well within ${minutes} minutes: ${output}`);
    });
  }
}

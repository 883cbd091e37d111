/** Programs that write to the site during a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { besideMachines } from "../../project/beside";
import { projectRoot } from "../../project/paths";
import { eventually, ensure as demand } from "../../verify/claim";

/** A running program of this folder, `poster` or `writer`. It writes to a stack until it is stopped. */
export class Writing {
  private output = "";
  private readonly child: ChildProcess;
  private readonly over: Promise<number | null>;

  constructor(program: "poster" | "writer", stack: string) {
    const script = `tests/lab/${program}.ts`;
    const [first, ...args] = besideMachines([process.execPath, "--import", "tsx", script, stack]);
    this.child = spawn(first, args, { cwd: projectRoot, stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout!.on("data", (data: Buffer) => (this.output += data.toString()));
    this.over = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** The lines that the program has printed so far: one for each thing that it wrote. */
  get lines(): string[] {
    return this.output.split("\n").slice(0, -1);
  }

  /** Waits until there are `count` lines that `counts` accepts. @throws after five minutes */
  async until(count: number, counts: (line: string) => boolean = () => true): Promise<void> {
    await eventually(300, () => {
      demand(this.lines.filter(counts).length >= count, `of ${count} awaited:\n${this.output}`);
      return Promise.resolve();
    });
  }

  /** Stops the program and resolves with all its lines. @throws when it failed */
  async stop(): Promise<string[]> {
    this.child.stdin!.end();
    expect(await this.over).toBe(0);
    return this.lines;
  }
}

/** Returns a function that says whether standard input has ended. After ten minutes it says so in any case. */
export function untilInputEnds(): () => boolean {
  const deadline = Date.now() + 10 * 60_000;
  let ended = false;
  process.stdin.once("end", () => (ended = true)).resume();
  return () => ended || Date.now() > deadline;
}

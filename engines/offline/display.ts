/** Shows a rehearsal: a line for each thing done, and below them, on a terminal, one that moves. */
import type { Progress, Verb } from "./engine";

const signs: Record<Verb, string> = { create: "+", update: "~", replace: "+-", delete: "-" };
/** Where there is no terminal, a sign of life this often. */
const quietSeconds = 15;

interface Running {
  readonly since: number;
  line: string;
}

export class Display implements Progress {
  private readonly running = new Map<string, Running>();
  private readonly timer: NodeJS.Timeout;
  private lastShown = Date.now();

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {
    this.timer = setInterval(() => this.move(), 1000);
  }

  started(key: string, verb: Verb): void {
    this.running.set(key, { since: Date.now(), line: verb === "delete" ? "going" : "under way" });
  }

  said(key: string, line: string): void {
    const running = this.running.get(key);
    if (running) running.line = line;
  }

  finished(key: string, verb: Verb, error?: Error): void {
    const running = this.running.get(key);
    this.running.delete(key);
    const [type, name] = key.split("::");
    const kind = type!.split(":").at(-1)!;
    const seconds = running ? ((Date.now() - running.since) / 1000).toFixed(1) : "0";
    this.print(
      error
        ? ` !  ${kind} ${name}: ${error.message}`
        : ` ${signs[verb].padEnd(2)} ${kind} ${name} (${seconds} s)`,
    );
  }

  end(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private move(): void {
    if (this.running.size === 0) return;
    const longest = [...this.running].sort(([, a], [, b]) => a.since - b.since);
    const parts = longest.map(
      ([key, { since, line }]) =>
        `${key.split("::")[1]} ${((Date.now() - since) / 1000).toFixed(0)} s: ${line}`,
    );
    if (this.out.isTTY) {
      this.clear();
      this.out.write(`   ${parts.join(" | ")}`.slice(0, this.out.columns - 1));
    } else if (Date.now() - this.lastShown > quietSeconds * 1000) {
      this.print(`    ${parts.join(" | ")}`);
    }
  }

  private print(line: string): void {
    this.clear();
    this.out.write(`${line}\n`);
    this.lastShown = Date.now();
  }

  private clear(): void {
    if (this.out.isTTY) this.out.write("\r\x1b[K");
  }
}

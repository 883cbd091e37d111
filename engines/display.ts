/** What both engines print: one line for each finished resource and, on a terminal, a moving line that counts the seconds. */
import { afterLast } from "../settings/text";

export type Verb = "create" | "update" | "replace" | "delete";

/** Receives what happens to each resource. `key` is `type::name`. */
export interface Progress {
  started(key: string, verb: Verb): void;
  said(key: string, line: string): void;
  finished(key: string, verb: Verb, error?: Error): void;
}

/** Numbers of resources. */
export interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly replaced: number;
  readonly deleted: number;
  readonly unchanged: number;
}

/** For example `3 created, 1 updated, 58 unchanged`. Zero counts are left out. */
export function countsText(counts: Counts): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([what, count]) => `${count} ${what}`).join(", ");
}

export const signs: Record<Verb, string> = { create: "+", update: "~", replace: "+-", delete: "-" };
/** Without a terminal, prints what is in progress after this time without other output. */
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
    const [type = "", name] = key.split("::");
    const kind = afterLast(type, ":");
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

  /** Prints a line above the moving one. */
  print(line: string): void {
    this.clear();
    this.out.write(`${line}\n`);
    this.lastShown = Date.now();
  }

  private clear(): void {
    if (this.out.isTTY) this.out.write("\r\x1b[K");
  }
}

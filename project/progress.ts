/** A line that moves while a program works. */
import { type SpawnSyncReturns, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Finished = Pick<SpawnSyncReturns<string>, "status" | "stdout" | "stderr">;
type Screen = Pick<NodeJS.WriteStream, "write" | "columns" | "isTTY">;

/**
 * Runs a program and passes on the lines of its standard error. On a terminal the last of them counts the seconds; elsewhere
 * one more line every 15 s tells that it still works. A `label` is shown in place of those lines, and goes at the end.
 */
export async function runWithProgress(
  [program, ...args]: readonly string[],
  { label, screen = process.stderr }: { label?: string; screen?: Screen } = {},
): Promise<Finished> {
  // A terminal that does not know its width says 0.
  const columns = screen.columns > 0 ? screen.columns : 80;
  let [text, since] = [label ?? "", Date.now()];
  const wipe = "\r\x1b[K";
  const tick = () => {
    const seconds = `${Math.round((Date.now() - since) / 1000)} s`;
    // Cut, for of a line that wraps only the last row can be wiped.
    const short = text.slice(0, columns - seconds.length - 4);
    if (text) screen.write(screen.isTTY ? `${wipe}${short} … ${seconds}` : `still ${text}: ${seconds}\n`);
  };
  const settle = () => void (screen.isTTY && text && screen.write(label ? wipe : `${wipe}${text}\n`));
  // sudo asks on the terminal itself: its question gets a line of its own, which is not drawn over.
  const env = screen.isTTY ? { ...process.env, SUDO_PROMPT: "\n[sudo] password for %p:\n" } : process.env;
  const child = spawn(program!, args, { stdio: ["inherit", "pipe", "pipe"], env });
  const timer = setInterval(tick, screen.isTTY ? 1000 : 15_000);
  // Ctrl-C reaches the program too; it ends in good order, and this waits for it. A second one does not wait.
  let interrupted = false;
  const interrupt = () => void (interrupted = true);
  process.once("SIGINT", interrupt);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => (stdout += data));
  const stderr: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    stderr.push(line);
    if (label) return;
    settle();
    [text, since] = [line, Date.now()];
    timer.refresh();
    if (screen.isTTY) tick();
    else screen.write(`${line}\n`);
  });
  // What it leaves running may keep standard error open.
  child.once("exit", () => setTimeout(() => child.stderr.destroy(), 500).unref());
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr: stderr.join("\n") };
  } finally {
    clearInterval(timer);
    process.off("SIGINT", interrupt);
    settle();
    if (interrupted) process.exit(130);
  }
}

/** Progress of a program, on one line that counts the seconds. */
import { type SpawnSyncReturns, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { NonEmpty } from "../settings/lists";

export type Finished = Pick<SpawnSyncReturns<string>, "status" | "stdout" | "stderr">;
type Screen = Pick<NodeJS.WriteStream, "write" | "columns" | "isTTY">;

/**
 * Runs a program and prints the lines of its standard error. On a terminal the last line counts the seconds. Elsewhere a line
 * every 15 s says that it still works. A `label` is shown instead of those lines, and is removed at the end.
 */
export async function runWithProgress(
  [program, ...args]: NonEmpty<string>,
  { label, screen = process.stderr }: { label?: string; screen?: Screen } = {},
): Promise<Finished> {
  // A terminal of unknown width reports 0 columns.
  const columns = screen.columns > 0 ? screen.columns : 80;
  let [text, since] = [label ?? "", Date.now()];
  const wipe = "\r\x1b[K";
  const tick = () => {
    const seconds = `${Math.round((Date.now() - since) / 1000)} s`;
    // Cut to one row, because only the last row of a wrapped line can be erased.
    const short = text.slice(0, columns - seconds.length - 4);
    if (text) screen.write(screen.isTTY ? `${wipe}${short} … ${seconds}` : `still ${text}: ${seconds}\n`);
  };
  const settle = () => void (screen.isTTY && text && screen.write(label ? wipe : `${wipe}${text}\n`));
  // sudo asks on the terminal itself. Its question gets its own line, so that it is not overwritten.
  const env = screen.isTTY ? { ...process.env, SUDO_PROMPT: "\n[sudo] password for %p:\n" } : process.env;
  const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"], env });
  const timer = setInterval(tick, screen.isTTY ? 1000 : 15_000);
  // Ctrl-C reaches the program too. It ends in good order, and this process waits for it. A second Ctrl-C does not wait.
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
  // A process that it leaves behind may keep standard error open.
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

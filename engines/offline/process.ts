/** Runs the programs that the offline engine needs. */
import { spawn } from "node:child_process";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `command` and resolves when it has ended, whatever its exit code. `input` is its standard input.
 * @throws when it cannot be started
 */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; onStderr?: (text: string) => void } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
    // A program may end before it has read all input. Its exit code says whether that is a failure.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Like `run`, for a program that must succeed. Resolves with its standard output. @throws with its standard error when it fails */
export async function mustRun(command: string, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { input });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.trim() || `exit ${code}`}`);
  return stdout;
}

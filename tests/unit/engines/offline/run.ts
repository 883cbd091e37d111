/** Runs program.ts, and gives what it printed. */
import { spawnSync } from "node:child_process";
import type { Result, Spec } from "./program";

export function apply(spec: Spec, env: Record<string, string> = {}): Result {
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    ["--import", "tsx", "tests/unit/engines/offline/program.ts", JSON.stringify(spec)],
    { encoding: "utf8", timeout: 30_000, env: { ...process.env, ...env } },
  );
  if (error) throw error;
  if (stdout === "") throw new Error(`the offline engine ended without a word: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

export const counts = (some: Partial<Result["counts"]>) => ({
  created: 0,
  updated: 0,
  replaced: 0,
  deleted: 0,
  unchanged: 0,
  ...some,
});

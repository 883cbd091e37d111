/**
 * One boot of many machines at a time, for the test files that run beside each other: emulated machines that boot beside those of
 * another stack take more than twice the CPU time.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stateFolder } from "../../project/paths";

const lock = join(stateFolder, "test-boot.lock");

/** Whether the lock is of a process that has ended without giving it back. */
function isStale(): boolean {
  try {
    return !existsSync(`/proc/${readFileSync(join(lock, "pid"), "utf8")}`);
  } catch {
    // Its owner is about to write it, or has just removed it.
    return false;
  }
}

async function take(): Promise<void> {
  mkdirSync(stateFolder, { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isStale()) rmSync(lock, { recursive: true, force: true });
    await pause(300);
  }
}

/** Calls `boot` while no other file of tests boots machines, and resolves with its result. */
export async function whileNobodyBoots<T>(boot: () => Promise<T>): Promise<T> {
  await take();
  try {
    return await boot();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

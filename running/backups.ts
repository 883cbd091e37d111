/** Backups of a running site. Its NFS server makes and restores them. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, renameSync } from "node:fs";
import type { SiteSettings } from "../settings/site";
import { withoutRepairs } from "./reconcile";
import { type RunningSite, execHere, noAnswer } from "./runningSite";
import { UserError } from "../project/userError";
import { paired, present } from "../settings/lists";
import { afterLast } from "../settings/text";

const hourMs = 3_600_000;

export interface BackupState {
  /** The output of `lvs-backup status`. */
  readonly text: string;
  /** Whether the last backup was made in time and could be restored. */
  readonly well: boolean;
}

/** @throws UserError for a site without backups */
export function requireBackups({ stack, backup }: SiteSettings): NonNullable<SiteSettings["backup"]> {
  if (backup) return backup;
  throw new UserError(
    `${stack} has no backups: write backup: {} in its stack file, then npm run up -- ${stack}`,
  );
}

/** The state of the backups. Undefined for a site without backups. */
export async function backupState(running: RunningSite): Promise<BackupState | undefined> {
  if (!running.site.backup) return undefined;
  const { code, stdout, stderr } = await running.exec("nfs", "lvs-backup status", 30_000);
  return { text: (stdout || stderr).trim() || "the NFS server does not answer", well: code === 0 };
}

/** Takes a backup with the timer's own service. Resolves with its name. @throws UserError with the reason when it fails */
export async function takeBackup(running: RunningSite): Promise<string> {
  const { code } = await running.exec("nfs", "systemctl start lvs-backup.service", hourMs);
  if (code !== 0)
    throw new UserError(
      `the backup failed: ${present(await backupState(running), "backup in the settings").text}`,
    );
  return present((await keptBackups(running)).at(-1), "backup after one was taken");
}

/** Names of the backups on the NFS server, the oldest first. */
export const keptBackups = async (running: RunningSite): Promise<string[]> =>
  (await running.execOk("nfs", "lvs-backup list")).split("\n").filter(Boolean);

/** Copies a backup from the NFS server to a file here, with mode 0600. @throws UserError when it cannot be read */
export function fetchBackup(running: RunningSite, from: string, to: string): void {
  const file = openSync(`${to}.part`, "w", 0o600);
  const [program, ...args] = running.sshCommand("nfs");
  const { status } = spawnSync(program, [...args, `sudo cat ${from}`], {
    stdio: ["ignore", file, "inherit"],
  });
  closeSync(file);
  if (status !== 0) throw new UserError(`${from} could not be fetched`);
  renameSync(`${to}.part`, to);
}

/** Loads a backup beside the site, from a file here or on the NFS server. @throws UserError when the backup is damaged */
export async function prepareRestore(
  running: RunningSite,
  from: { here: string } | { there: string },
): Promise<string> {
  const [what, input] = "here" in from ? ["-", { fd: openSync(from.here, "r") }] : [from.there, ""];
  const prepare = [...running.sshCommand("nfs"), `sudo lvs-restore prepare ${what}`] as const;
  const { code, stdout, stderr } = await execHere(prepare, input, hourMs);
  if (code === 0) return stdout.trim();
  throw new UserError(`nothing was touched: ${afterLast(stderr.trim(), "\n")}`);
}

/** Longer than all steps of a restore may take. */
const restoreMinutes = 180;

/** Units that write to the database or to the tree. */
const writers = "php-fpm.service lvs-cron.timer lvs-cron.service";

/**
 * Puts the prepared content in place of the site's. php-fpm is stopped on every real server meanwhile, so nobody writes.
 * Afterwards the real servers have forgotten the old folders of the tree. @throws Error when it failed and the site is as before
 */
export function replaceContent(running: RunningSite, say: (text: string) => void): Promise<void> {
  const servers = running.site.realServers.map(({ name }) => name);
  const hold = { machines: servers, by: "restore", minutes: restoreMinutes };
  return withoutRepairs(running, hold, () => swapContent(running, servers, say));
}

async function swapContent(
  running: RunningSite,
  servers: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const onAll = (script: string) => Promise.all(servers.map((name) => running.exec(name, script)));
  const stopped = await onAll(`systemctl stop ${writers}`);
  for (const [name, { code, stderr }] of paired(servers, stopped)) {
    if (code === 0) continue;
    if (noAnswer.includes(code)) {
      say(`${name} does not answer: its php-fpm is not stopped`);
    } else {
      await start(onAll);
      throw new UserError(
        `${name} cannot stop php-fpm, so nothing was restored: ${stderr.trim()}; npm run up -- ${running.site.stack} sets the machine up again`,
      );
    }
  }
  try {
    await running.execOk("nfs", "lvs-restore swap", hourMs);
    await start(onAll);
    // A new URL, because a cache may have an old page.
    const { status } = await running.get(`/?restored=${Date.now()}`);
    if (status !== 200) throw new Error(`the site answered ${status} with what was restored`);
  } catch (error) {
    await onAll(`systemctl stop ${writers}`);
    await running.execOk("nfs", "lvs-restore undo", hourMs);
    await start(onAll);
    throw error;
  }
  await running.execOk("nfs", "lvs-restore finish", hourMs);
}

/** 2 drops the kernel's directory cache. An NFS client would look for changes only every 30 s. */
const start = (onAll: (script: string) => Promise<unknown>) =>
  onAll("echo 2 >/proc/sys/vm/drop_caches; systemctl start php-fpm.service lvs-cron.timer");

/**
 * Makes the database's other machine the primary, without `up`. The machines that answer get the files that name the primary.
 * They are the same files that `up` installs, so the next `up` finds nothing to change.
 */
import { libvirtNameOf } from "../settings/hypervisor";
import { type MysqlSettings, type SiteSettings, databasesOf, otherDatabaseOf } from "../settings/site";
import { backupConf } from "../templates/backup";
import { roleConf } from "../templates/replication";
import { type JobName, placementOf } from "../templates/placements";
import { wordpressDatabaseFiles } from "../templates/wordpressDatabase";
import { type DatabaseStatus, databaseStatus } from "./database";
import type { RunningSite, ExecResult } from "./runningSite";
import { UserError } from "../project/userError";
import { present } from "../settings/lists";
import { afterLast } from "../settings/text";

export interface HandoverArgs {
  readonly running: RunningSite;
  /** The site by its present stack file, and as it will be. */
  readonly now: SiteSettings;
  readonly next: SiteSettings;
  /** Runs virsh on the hypervisor. */
  readonly virsh: (...args: string[]) => Promise<ExecResult>;
  /** Called when the new primary takes writes. The caller then writes the stack file. */
  readonly done: () => void;
  /** Whether to go on when commits of the former primary may be lost, because it does not answer. */
  readonly acceptLoss: boolean;
  readonly say: (line: string) => void;
}

/** Resolves with the names of machines that did not answer. @throws UserError when the former primary stays the primary */
export async function handOver(args: HandoverArgs): Promise<string[]> {
  const { running, now, next, done, say } = args;
  const [former, chosen] = [present(now.mysql, "database"), present(next.mysql, "next database")];
  const copy = await requireWhole(args, chosen.name, former.name);
  const fenced = await fence(args, former, () => requireAllHeard(args, chosen.name, former.name, copy));
  const act = `lvs-mysql apply fenced ${fenced.answers ? fenced.gtid : ""}`;
  const promoted = await lay(running, chosen.name, role(next, chosen.name, act));
  // Its answer may have been lost.
  if (promoted.code !== 0 && (await databaseStatus(running, chosen.name))?.role !== "primary")
    throw await giveBack(args, former, chosen, fenced, lastLine(promoted));
  say(`${chosen.name} takes writes`);
  done();
  const rewired: Part = {
    job: "real-server",
    files: wordpressDatabaseFiles(chosen),
    installed: "wordpress-database.php",
    act: "systemctl reload php-fpm",
  };
  const told = await Promise.all([
    ...next.realServers.map(({ name }) => tell(args, name, rewired, `writes to ${chosen.name}`)),
    ...backupParts(next).map(([name, part]) => tell(args, name, part, `backs ${chosen.name} up`)),
    follow(args, former.name, fenced.answers),
  ]);
  return told.flat();
}

/**
 * Only a replica that has everything its primary sent may be promoted. A replica that does not follow may be promoted when the
 * former primary is fenced already, for example because it has a new disk: the promotion waits for what that machine still has.
 */
async function requireWhole(args: HandoverArgs, name: string, former: string): Promise<DatabaseStatus> {
  const { running, acceptLoss } = args;
  const status = await databaseStatus(running, name);
  if (!status) throw new UserError(`${name} does not answer; nothing was changed`);
  const mayBeBehind = async () =>
    !status.applying || (!acceptLoss && (await databaseStatus(running, former))?.role !== "fenced");
  const fault =
    status.role === "fenced"
      ? "replicates from no machine"
      : status.role === "replica" &&
        !status.intact &&
        (await mayBeBehind()) &&
        `does not follow: ${status.error}`;
  if (fault) throw new UserError(`${name} ${fault}; nothing was changed`);
  return status;
}

/** A replica that heard its primary within this time has all its commits, because commits waited for the replica. */
const shortlySeconds = 120;

/** A former primary that does not answer cannot report its last commits. The replica has them if it heard the primary to the end. */
function requireAllHeard(
  { now, acceptLoss, say }: HandoverArgs,
  name: string,
  former: string,
  { role, gtid, silentSeconds }: DatabaseStatus,
): void {
  if (role === "primary") return;
  const heard =
    silentSeconds === null
      ? `it is unknown for how long it has heard nothing from ${former}`
      : `it has heard nothing from ${former} for ${silentSeconds} s`;
  say(`${former} does not answer; ${name} is at ${gtid}, and ${heard}`);
  if (acceptLoss || (silentSeconds !== null && silentSeconds <= shortlySeconds)) return;
  throw new UserError(
    `what ${former} committed without ${name} would be lost: ${heard}; npm run promote-db -- ${now.stack} --accept-loss promotes ${name} anyway; ${former} was left as it is`,
  );
}

/** A machine that takes no more writes: it said so, with its position, or it was powered off. */
type Fenced = { readonly answers: true; readonly gtid: string } | { readonly answers: false };

/** Fences the former primary. @param beforePowerOff is called before the machine is powered off, and may throw to prevent it */
async function fence(
  { running, now, virsh, say }: HandoverArgs,
  { name, semiSyncTimeoutSeconds }: MysqlSettings,
  beforePowerOff = (): void => undefined,
): Promise<Fenced> {
  const domain = libvirtNameOf(now, { name });
  if ((await virsh("domstate", domain)).stdout.trim() === "running") {
    // Commits in progress wait for the replica first.
    const deadline = (40 + semiSyncTimeoutSeconds) * 1000;
    const { code, stdout, stderr } = await running.exec(name, "lvs-mysql fence", deadline);
    if (code === 0) {
      say(`${name} takes no more writes`);
      return { answers: true, gtid: stdout.trim() };
    }
    if (/^ERROR 1205 /m.test(stderr))
      throw new UserError(
        `${name} is running a long statement; nothing was changed; try again when it has ended`,
      );
  }
  beforePowerOff();
  const { code, stderr } = await virsh("destroy", domain);
  if (code !== 0 && !/not running/.test(stderr))
    throw new UserError(`${name} could not be fenced: ${stderr.trim()}; nothing was changed`);
  // The machine must not start again by itself when the host restarts.
  await virsh("autostart", "--disable", domain);
  say(`${name} is powered off`);
  return { answers: false };
}

/** Makes the former primary the primary again. Resolves with an error that says what state both machines are in. */
async function giveBack(
  args: HandoverArgs,
  former: MysqlSettings,
  chosen: MysqlSettings,
  { answers }: Fenced,
  why: string,
): Promise<UserError> {
  const { running, now } = args;
  // When ssh broke off, the promotion may still be waiting on the machine, and succeed later.
  const stopped = await fence(args, chosen).catch(() => undefined);
  const again = role(now, former.name, "lvs-mysql apply fenced");
  const back = answers && stopped !== undefined && (await lay(running, former.name, again)).code === 0;
  if (stopped?.answers)
    await lay(running, chosen.name, role(now, chosen.name, back ? "lvs-mysql apply" : "true"));
  const state = back
    ? `${former.name} takes writes again`
    : stopped
      ? `no machine takes writes`
      : `${former.name} takes no writes, because ${chosen.name} could not be fenced and may still take them`;
  const start = answers ? "" : `; npm run up -- ${now.stack} starts ${former.name}`;
  return new UserError(`${chosen.name} did not become the primary, ${state}: ${why}${start}`);
}

const follow = async (args: HandoverArgs, name: string, answers: boolean): Promise<string[]> =>
  answers ? tell(args, name, role(args.next, name), "follows") : [name];

/** Installs a part on a machine. Resolves with its name when that failed, else with nothing. */
async function tell(
  { running, say }: HandoverArgs,
  name: string,
  part: Part,
  what: string,
): Promise<string[]> {
  if ((await lay(running, name, part)).code !== 0) return [name];
  say(`${name} ${what}`);
  return [];
}

/** The parts for backups, which read the primary. */
function backupParts(site: SiteSettings): [string, Part][] {
  const { backup, nfs, mysql } = site;
  if (!backup || !nfs || !mysql) return [];
  const files = { "backup.conf": backupConf(site, backup, mysql) };
  return [[nfs.name, { job: "nfs-server", files, installed: "backup.conf", act: "true" }]];
}

/** The part that tells a database machine its role. `act` is the command that applies it. */
function role(site: SiteSettings, name: string, act = "lvs-mysql apply"): Part {
  const machine = present(
    databasesOf(site).find((mysql) => mysql.name === name),
    `database ${name}`,
  );
  const other = present(otherDatabaseOf(site, machine), `other database than ${name}`);
  const files = { "mysql.conf": roleConf(site, machine, other) };
  return { job: "mysql-server", files, installed: "mysql.conf", act };
}

/** Files of a job of `up`, one of which is installed, and the command to run afterwards. The job itself then finds nothing to do. */
interface Part {
  readonly job: JobName;
  /** By name, each with its text. */
  readonly files: Readonly<Record<string, string>>;
  readonly installed: string;
  readonly act: string;
}

function lay(
  running: RunningSite,
  machine: string,
  { job, files, installed, act }: Part,
): Promise<ExecResult> {
  const folder = `/var/lib/lvs/${job}`;
  const { path, mode, owner } = placementOf(job, installed);
  const [user, group] = owner.split(":");
  const written = Object.entries(files).map(([name, text]) => `cat >${folder}/${name} <<'END'\n${text}END\n`);
  const script = `set -e
${written.join("")}install -m ${mode} -o ${user} -g ${group} ${folder}/${installed} ${path}
${act}
`;
  return running.exec(machine, script, 240_000);
}

const lastLine = ({ stdout, stderr }: ExecResult): string => afterLast((stderr || stdout).trim(), "\n");

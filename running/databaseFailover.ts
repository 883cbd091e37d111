/**
 * The database's other machine made the primary, on the living machines alone: they get the
 * files of their jobs that say who is the primary, as `up` will find them.
 */
import { dirname } from "node:path";
import { type MysqlSettings, type SiteSettings, databasesOf, otherDatabaseOf } from "../settings/site";
import { backupConf } from "../templates/backup";
import { roleConf } from "../templates/replication";
import { wordpressDatabase, wordpressDatabaseFile } from "../templates/wordpressDatabase";
import { type DatabaseStatus, databaseStatus } from "./database";
import type { RunningSite, ExecResult } from "./runningSite";
import { UserError } from "../project/userError";

export interface HandoverArgs {
  readonly running: RunningSite;
  /** The site as its stack file says it now, and as it is to be. */
  readonly now: SiteSettings;
  readonly next: SiteSettings;
  /** Asks the hypervisor. */
  readonly virsh: (...args: string[]) => Promise<ExecResult>;
  /** Called when the new primary takes writes: from then on the stack file is to say so. */
  readonly done: () => void;
  /** Whether commits may be lost that the former primary made alone and can no longer tell of. */
  readonly acceptLoss: boolean;
  readonly say: (line: string) => void;
}

/** Names of machines that could not be told. @throws UserError when the former primary is to remain it */
export async function handOver(args: HandoverArgs): Promise<string[]> {
  const { running, now, next, done, say } = args;
  const [former, chosen] = [now.mysql!, next.mysql!];
  const copy = await requireWhole(args, chosen.name, former.name);
  const fenced = await fence(args, former, () => requireAllHeard(args, chosen.name, former.name, copy));
  const act = `lvs-mysql apply fenced ${fenced.answers ? fenced.gtid : ""}`;
  const promoted = await lay(running, chosen.name, role(next, chosen.name, act));
  // Its word may have got lost on the way.
  if (promoted.code !== 0 && (await databaseStatus(running, chosen.name))?.role !== "primary")
    throw await giveBack(args, former, chosen, fenced, lastLine(promoted));
  say(`${chosen.name} takes writes`);
  done();
  const rewired: Part = {
    job: "real-server",
    file: "wordpress-database.php",
    folder: dirname(wordpressDatabaseFile),
    text: wordpressDatabase(chosen),
    act: "systemctl reload php8.2-fpm",
  };
  const told = await Promise.all([
    ...next.realServers.map(({ name }) => tell(args, name, rewired, `writes to ${chosen.name}`)),
    ...backupParts(next).map(([name, part]) => tell(args, name, part, `backs ${chosen.name} up`)),
    follow(args, former.name, fenced.answers),
  ]);
  return told.flat();
}

/**
 * Only a copy that has all that its primary had sent may take its place. One that cannot follow may where the former is fenced
 * already, as one with a new disk is: what that has, if anything, is waited for in the promotion.
 */
async function requireWhole(args: HandoverArgs, name: string, former: string): Promise<DatabaseStatus> {
  const { running, acceptLoss } = args;
  const status = await databaseStatus(running, name);
  if (!status) throw new UserError(`${name} does not answer; nothing was changed`);
  const mayBeBehind = async () =>
    !status.applying || (!acceptLoss && (await databaseStatus(running, former))?.role !== "fenced");
  const fault =
    status.role === "fenced"
      ? "follows nobody"
      : status.role === "replica" &&
        !status.intact &&
        (await mayBeBehind()) &&
        `does not follow: ${status.error}`;
  if (fault) throw new UserError(`${name} ${fault}; nothing was changed`);
  return status;
}

/** Commits waited for a copy that heard its primary until shortly before. */
const shortlySeconds = 120;

/** What a former primary that is silent has committed cannot be asked any more: the copy has it if it heard that to the end. */
function requireAllHeard(
  { now, acceptLoss, say }: HandoverArgs,
  name: string,
  former: string,
  { role, gtid, silentSeconds }: DatabaseStatus,
): void {
  if (role === "primary") return;
  const heard =
    silentSeconds === null
      ? `nobody knows since when it has heard nothing of ${former}`
      : `it has heard nothing of ${former} for ${silentSeconds} s`;
  say(`${former} does not answer; ${name} is at ${gtid}, and ${heard}`);
  if (acceptLoss || (silentSeconds !== null && silentSeconds <= shortlySeconds)) return;
  throw new UserError(
    `what ${former} committed without ${name} would be lost, for ${heard}; npm run promote-db -- ${now.stack} --accept-loss promotes ${name} all the same; ${former} was left as it is`,
  );
}

/** A machine takes no more writes: by its own word, which tells its position, or by being powered off. */
type Fenced = { readonly answers: true; readonly gtid: string } | { readonly answers: false };

/** @param beforePowerOff may object to that by throwing */
async function fence(
  { running, now, virsh, say }: HandoverArgs,
  { name, semiSyncTimeoutSeconds }: MysqlSettings,
  beforePowerOff = (): void => undefined,
): Promise<Fenced> {
  const domain = `lvs-${now.stack}-${name}`;
  if ((await virsh("domstate", domain)).stdout.trim() === "running") {
    // Commits under way first wait for the replica.
    const deadline = (40 + semiSyncTimeoutSeconds) * 1000;
    const { code, stdout, stderr } = await running.exec(name, "lvs-mysql fence", deadline);
    if (code === 0) {
      say(`${name} takes no more writes`);
      return { answers: true, gtid: stdout.trim() };
    }
    if (/^ERROR 1205 /m.test(stderr))
      throw new UserError(`${name} is amid a long statement; nothing was changed, try again after it`);
  }
  beforePowerOff();
  const { code, stderr } = await virsh("destroy", domain);
  if (code !== 0 && !/not running/.test(stderr))
    throw new UserError(`${name} could not be fenced: ${stderr.trim()}; nothing was changed`);
  // A host that restarts must not bring it back unasked.
  await virsh("autostart", "--disable", domain);
  say(`${name} is powered off`);
  return { answers: false };
}

/** Puts the former primary back in its place, and says what has become of both. */
async function giveBack(
  args: HandoverArgs,
  former: MysqlSettings,
  chosen: MysqlSettings,
  { answers }: Fenced,
  why: string,
): Promise<UserError> {
  const { running, now } = args;
  // Where ssh broke off it may still wait there, and take writes later.
  const stopped = await fence(args, chosen).catch(() => undefined);
  const again = role(now, former.name, "lvs-mysql apply fenced");
  const back = answers && stopped !== undefined && (await lay(running, former.name, again)).code === 0;
  if (stopped?.answers)
    await lay(running, chosen.name, role(now, chosen.name, back ? "lvs-mysql apply" : "true"));
  const state = back
    ? `${former.name} takes writes again`
    : stopped
      ? `no machine takes writes`
      : `${former.name} takes no writes, for ${chosen.name} could not be fenced and may yet do so`;
  const start = answers ? "" : `; npm run up -- ${now.stack} starts ${former.name}`;
  return new UserError(`${chosen.name} did not become the primary, ${state}: ${why}${start}`);
}

const follow = async (args: HandoverArgs, name: string, answers: boolean): Promise<string[]> =>
  answers ? tell(args, name, role(args.next, name), "follows") : [name];

/** Gives a machine its part, and says so; gives its name where that went wrong. */
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

/** Backups are made of the primary. */
function backupParts(site: SiteSettings): [string, Part][] {
  const { backup, nfs, mysql } = site;
  if (!backup || !nfs || !mysql) return [];
  const text = backupConf(site, backup, mysql);
  return [
    [nfs.name, { job: "nfs-server", file: "backup.conf", folder: "/etc/lvs", mode: 600, text, act: "true" }],
  ];
}

/** What tells a machine of the database its part, and `act` what it does about it. */
function role(site: SiteSettings, name: string, act = "lvs-mysql apply"): Part {
  const machine = databasesOf(site).find((mysql) => mysql.name === name)!;
  const text = roleConf(site, machine, otherDatabaseOf(site, machine)!);
  return { job: "mysql-server", file: "mysql.conf", folder: "/etc/lvs", text, act };
}

/** One file of a job of `up`, laid down as the job would, and acted on: the job itself, run again, finds nothing to do. */
interface Part {
  readonly job: string;
  readonly file: string;
  readonly folder: string;
  /** Octal digits, 644 where nothing is said. */
  readonly mode?: number;
  readonly text: string;
  readonly act: string;
}

function lay(
  running: RunningSite,
  machine: string,
  { job, file, folder, mode = 644, text, act }: Part,
): Promise<ExecResult> {
  const script = `set -e
cat >/var/lib/lvs/${job}/${file} <<'END'
${text}END
install -m ${mode} /var/lib/lvs/${job}/${file} ${folder}
${act}
`;
  return running.exec(machine, script, 240_000);
}

const lastLine = ({ stdout, stderr }: ExecResult): string => (stderr || stdout).trim().split("\n").at(-1)!;

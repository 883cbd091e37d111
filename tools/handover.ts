/**
 * The database's other machine made the primary, on the living machines alone: they get the
 * files of their jobs that say who is the primary, as `up` will find them.
 */
import { dirname } from "node:path";
import { type SiteSettings, databasesOf, otherDatabaseOf } from "../settings/site";
import { backupConf } from "../templates/backup";
import { roleConf } from "../templates/replication";
import { wordpressDatabase, wordpressDatabaseFile } from "../templates/wordpressDatabase";
import { databaseStatus } from "./database";
import type { Lab, Said } from "./lab";
import { UserError } from "./project";

export interface HandoverArgs {
  readonly lab: Lab;
  /** The site as its stack file says it now, and as it is to be. */
  readonly now: SiteSettings;
  readonly next: SiteSettings;
  /** Asks the hypervisor. */
  readonly virsh: (...args: string[]) => Promise<Said>;
  /** Called when the new primary takes writes: from then on the stack file is to say so. */
  readonly done: () => void;
  readonly say: (line: string) => void;
}

/** Names of machines that could not be told. @throws UserError when nothing was changed */
export async function handOver(args: HandoverArgs): Promise<string[]> {
  const { lab, now, next, done, say } = args;
  const [former, chosen] = [now.mysql!, next.mysql!];
  await requireWhole(lab, chosen.name, former.name);
  const answers = await fence(args, former.name);
  const promoted = await lay(lab, chosen.name, role(next, chosen.name));
  if (promoted.code !== 0) {
    const back = answers && (await lay(lab, former.name, role(now, former.name))).code === 0;
    await lay(lab, chosen.name, role(now, chosen.name, "true"));
    const state = back ? `${former.name} takes writes again` : `no machine takes writes`;
    throw new UserError(`${chosen.name} did not become the primary, ${state}: ${lastLine(promoted)}`);
  }
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
    follow(args, former.name, answers),
  ]);
  return told.flat();
}

/**
 * Only a copy that has all that its primary had sent may take its place. One that cannot follow may where the former is fenced
 * already, as one with a new disk is: what that has, if anything, is waited for in the promotion.
 */
async function requireWhole(lab: Lab, name: string, former: string): Promise<void> {
  const status = await databaseStatus(lab, name);
  const mayBeBehind = async () => !status?.applying || (await databaseStatus(lab, former))?.role !== "fenced";
  const fault = !status
    ? "does not answer"
    : status.role === "fenced"
      ? "follows nobody"
      : status.role === "replica" &&
        !status.intact &&
        (await mayBeBehind()) &&
        `does not follow: ${status.error}`;
  if (fault) throw new UserError(`${name} ${fault}; nothing was changed`);
}

/** The former primary takes no more writes: by its own word, which is true, or by being powered off, which is false. */
async function fence({ lab, now, virsh, say }: HandoverArgs, name: string): Promise<boolean> {
  const domain = `lvs-${now.stack}-${name}`;
  const running = (await virsh("domstate", domain)).stdout.trim() === "running";
  if (running && (await lab.ask(name, "lvs-mysql fence", 30_000)).code === 0) {
    say(`${name} takes no more writes`);
    return true;
  }
  const { code, stderr } = await virsh("destroy", domain);
  if (code !== 0 && !/not running/.test(stderr))
    throw new UserError(`${name} could not be fenced: ${stderr.trim()}; nothing was changed`);
  // A host that restarts must not bring it back unasked.
  await virsh("autostart", "--disable", domain);
  say(`${name} is powered off`);
  return false;
}

const follow = async (args: HandoverArgs, name: string, answers: boolean): Promise<string[]> =>
  answers ? tell(args, name, role(args.next, name), "follows") : [name];

/** Gives a machine its part, and says so; gives its name where that went wrong. */
async function tell({ lab, say }: HandoverArgs, name: string, part: Part, what: string): Promise<string[]> {
  if ((await lay(lab, name, part)).code !== 0) return [name];
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

function lay(lab: Lab, machine: string, { job, file, folder, mode = 644, text, act }: Part): Promise<Said> {
  const script = `set -e
cat >/var/lib/lvs/${job}/${file} <<'END'
${text}END
install -m ${mode} /var/lib/lvs/${job}/${file} ${folder}
${act}
`;
  return lab.ask(machine, script, 240_000);
}

const lastLine = ({ stdout, stderr }: Said): string => (stderr || stdout).trim().split("\n").at(-1)!;

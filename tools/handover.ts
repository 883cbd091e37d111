/**
 * The database's other machine made the primary, on the living machines alone: jobs that `up` laid down run again with the
 * one file that says who is the primary.
 */
import { type SiteSettings, databasesOf, peerOf } from "../settings/site";
import { roleConf } from "../templates/replication";
import { wordpressDatabase } from "../templates/wordpressDatabase";
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
  const promoted = await redo(lab, chosen.name, ...roleFile(next, chosen.name));
  if (promoted.code !== 0) {
    const back = answers && (await redo(lab, former.name, ...roleFile(now, former.name))).code === 0;
    await redo(lab, chosen.name, ...roleFile(now, chosen.name), 1000);
    const state = back ? `${former.name} takes writes again` : `no machine takes writes`;
    throw new UserError(`${chosen.name} did not become the primary, ${state}: ${lastLine(promoted)}`);
  }
  say(`${chosen.name} takes writes`);
  done();
  const file = wordpressDatabase(chosen);
  const told = await Promise.all([
    ...next.realServers.map(async ({ name }) => {
      const { code } = await redo(lab, name, "real-server", "wordpress-database.php", file);
      if (code === 0) say(`${name} writes to ${chosen.name}`);
      return code === 0 ? [] : [name];
    }),
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

async function follow({ lab, next, say }: HandoverArgs, name: string, answers: boolean): Promise<string[]> {
  if (answers && (await redo(lab, name, ...roleFile(next, name))).code === 0) {
    say(`${name} follows`);
    return [];
  }
  return [name];
}

/** Job, file and content that tell a machine of the database its part. */
function roleFile(site: SiteSettings, name: string): [string, string, string] {
  const machine = databasesOf(site).find((mysql) => mysql.name === name)!;
  return ["mysql-server", "mysql.conf", roleConf(site, machine, peerOf(site, machine)!)];
}

/** Runs a job of `up` once more, with another file. */
function redo(
  lab: Lab,
  machine: string,
  job: string,
  file: string,
  text: string,
  timeoutMs = 240_000,
): Promise<Said> {
  const script = `set -e
cat >/var/lib/lvs/${job}/${file} <<'END'
${text}END
lvs-apply --again ${job}
`;
  return lab.ask(machine, script, timeoutMs);
}

const lastLine = ({ stdout, stderr }: Said): string => (stderr || stdout).trim().split("\n").at(-1)!;

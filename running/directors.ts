/** What the directors report of real servers and of each other, as `status` shows it. */
import { type DirectorSettings, directorsOf, isChecked } from "../settings/site";
import { placementOf } from "../templates/placements";
import { UserError } from "../project/userError";
import type { RunningSite } from "./runningSite";
import { type NonEmpty, mapNonEmpty } from "../settings/lists";

export interface DirectorView {
  readonly name: string;
  /** Of a pair: whether it holds the VIPs. Undefined for a director that does not answer. */
  readonly role?: "master" | "standby" | "single";
  /** Names of the drained real servers. */
  readonly drained: readonly string[];
  /** Names of the real servers that left to be replaced, and are not back yet. */
  readonly leaving: readonly string[];
  /** Log lines, the newest last: real servers that went and came back, and moves of the VIPs. */
  readonly log: readonly string[];
  /** Differences between the IPVS table or VRRP role and the director's own probes and addresses. */
  readonly disagreements: readonly string[];
}

/** Names of the active directors (`RunningSite.isActive`). Any other number than one is an error. */
export async function activeDirectors(running: RunningSite): Promise<readonly string[]> {
  const directors = directorsOf(running.site);
  const active = await Promise.all(directors.map((director) => running.isActive(director)));
  return directors.filter((_, index) => active[index]).map(({ name }) => name);
}

const drainedFile = placementOf("director", "drained").path;
/** Prints the names of drained real servers, and of those that left for a replacement. Fails when there is no list. */
const namesAtZero = `cat ${drainedFile} && { cat /etc/lvs/leaving 2>/dev/null || true; }`;

/** Updates in `running.site` which real servers are drained now, because the outputs are of the last `up`. Nothing changes when the director has no list. */
export async function findDrained(running: RunningSite): Promise<void> {
  const { code, stdout } = await running.exec(running.site.director.name, namesAtZero, 20_000);
  if (code !== 0) return;
  const names = stdout.split("\n");
  const realServers = mapNonEmpty(running.site.realServers, (one) => ({
    ...one,
    drained: names.includes(one.name),
  }));
  running.site = { ...running.site, realServers };
}

const lines = 6;

const script = `cat ${drainedFile} 2>/dev/null
echo ==
cat /etc/lvs/leaving 2>/dev/null
echo ==
journalctl -q -t lvs-health -t lvs-vrrp -t lvs-watch -n ${lines} -o short-iso --no-pager
echo ==
grep -hE '_agrees([{ ].*)? 0$' /run/lvs/metrics.prom 2>/dev/null
exit 0`;

async function view(running: RunningSite, director: DirectorSettings): Promise<DirectorView> {
  const { name } = director;
  const [{ code, stdout }, active] = await Promise.all([
    running.exec(name, script, 20_000),
    running.isActive(director),
  ]);
  if (code !== 0) return { name, drained: [], leaving: [], log: [], disagreements: [] };
  const [drained = [], leaving = [], log = [], disagreements = []] = stdout
    .split("==\n")
    .map((part) => part.split("\n").filter(Boolean));
  const pairRole = active ? "master" : "standby";
  return {
    name,
    role: running.site.secondDirector ? pairRole : "single",
    drained,
    leaving,
    log,
    disagreements,
  };
}

export function viewDirectors(running: RunningSite): Promise<NonEmpty<DirectorView>> {
  return Promise.all(mapNonEmpty(directorsOf(running.site), (director) => view(running, director)));
}

/** What is wrong with a pair as a whole. Undefined for a single director, and when exactly one holds the VIPs. */
export function pairProblem(running: RunningSite, views: readonly DirectorView[]): string | undefined {
  if (!running.site.secondDirector) return undefined;
  const masters = views.filter(({ role }) => role === "master");
  if (masters.length === 0) return "no director holds the VIPs";
  if (masters.length === 1) return undefined;
  return "both directors hold the VIPs (split brain): see whether they reach each other, and what their keepalived logs say";
}

/** Lines for `status` below the table of machines. Empty when there is nothing to report. */
export function directorLines(running: RunningSite, views: readonly DirectorView[]): string[] {
  const drained = [...new Set(views.flatMap((one) => one.drained))];
  const leaving = [...new Set(views.flatMap((one) => one.leaving))];
  const told = running.site.secondDirector
    ? views.map(({ name, role }) => `${name}: ${role ?? "does not answer"}`)
    : [];
  const problem = pairProblem(running, views);
  return [
    ...told,
    ...(problem === undefined ? [] : [problem]),
    ...(drained.length > 0 ? [`drained: ${drained.join(", ")}; npm run undrain brings them back`] : []),
    ...(leaving.length > 0
      ? [`being replaced: ${leaving.join(", ")}; if no up is running, npm run undrain brings them back`]
      : []),
    ...views.flatMap(({ name, disagreements }) =>
      disagreements.map((line) => `${name}: disagreement: ${line}`),
    ),
    ...(isChecked(running.site.director) ? views.flatMap(({ log }) => log) : []),
  ];
}

/** Hands the VIPs to the other director. Resolves with a sentence for people. @throws UserError when they stay */
export async function handOver(running: RunningSite): Promise<string> {
  const { stack, director, secondDirector } = running.site;
  if (!secondDirector)
    throw new UserError(`${stack} has one director; write 2 as directors in its stack file for a second`);
  const { code: down } = await running.exec(secondDirector.name, "systemctl is-active -q keepalived");
  if (down !== 0)
    throw new UserError(`${secondDirector.name} could not take over: its keepalived does not run`);
  const started = Date.now();
  const { code, stderr } = await running.exec(director.name, "lvs-director handover");
  if (code !== 0) throw new UserError(`${director.name} keeps the VIPs: ${stderr.trim() || `exit ${code}`}`);
  if (!(await running.isActive(secondDirector)))
    throw new UserError(
      `${director.name} released the VIPs, but ${secondDirector.name} does not hold them yet: npm run status -- ${stack}`,
    );
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  return `${director.name} handed the VIPs to ${secondDirector.name} (${seconds} s)`;
}

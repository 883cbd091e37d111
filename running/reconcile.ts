/** Differences between machines and what `up` laid down there, as lvs-reconcile finds and repairs them. */
import { setTimeout as pause } from "node:timers/promises";
import { machinesOf } from "../settings/site";
import { type ExecResult, type RunningSite, noAnswer } from "./runningSite";

export interface MachineState {
  readonly name: string;
  /** What differs now. Empty for a machine that has no lvs-reconcile yet. */
  readonly differences: readonly string[];
  /** For how many more minutes repairs are switched off on the machine. 0: they are on, or the stack has none. */
  readonly offMinutes: number;
  /** The last repairs, each with its time, the newest last. */
  readonly repairs: readonly string[];
}

/** What `lvs-reconcile --check` printed. */
export function parseState(name: string, text: string): MachineState {
  const after = (key: string) =>
    text.split("\n").flatMap((line) => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
  return {
    name,
    differences: after("differs"),
    offMinutes: Number.parseInt(after("off")[0] ?? "0", 10),
    repairs: after("last"),
  };
}

/** A machine that has no lvs-reconcile yet. */
const notFound = 127;

/** The differences that a call of lvs-reconcile printed, or why it could not tell. */
function differencesIn(name: string, { code, stdout, stderr }: ExecResult): readonly string[] {
  const { differences } = parseState(name, stdout);
  if (differences.length > 0 || code === 0 || code === notFound) return differences;
  if (noAnswer.includes(code)) return ["does not answer"];
  return [`cannot say what differs: ${stderr.trim() || `lvs-reconcile ended with ${code}`}`];
}

/** Asks a machine, and again until `deadline` while it does not answer. */
async function stateOf(running: RunningSite, name: string, deadline: number): Promise<MachineState> {
  const result = await running.exec(name, "lvs-reconcile --check", 90_000);
  if (!noAnswer.includes(result.code) || Date.now() > deadline)
    return { ...parseState(name, result.stdout), differences: differencesIn(name, result) };
  await pause(3000);
  return stateOf(running, name, deadline);
}

/** Asks all machines. One that does not answer, perhaps because it boots, is asked again for so many seconds. */
export const machineStates = (running: RunningSite, patienceSeconds = 0): Promise<MachineState[]> =>
  Promise.all(
    (running.site.layDown ? machinesOf(running.site) : []).map(({ name }) =>
      stateOf(running, name, Date.now() + patienceSeconds * 1000),
    ),
  );

/** What differs: lines of `MACHINE: WHAT`. */
export const differenceLines = (states: readonly MachineState[]): string[] =>
  states.flatMap(({ name, differences }) => differences.map((what) => `${name}: ${what}`));

/** Lines for `status`. Empty when nothing differs, and nothing was repaired. */
export const stateLines = (states: readonly MachineState[], stack: string): string[] => {
  const differ = differenceLines(states);
  return [
    ...differ,
    ...(differ.length > 0 ? [`npm run repair -- ${stack} puts back what differs`] : []),
    ...states.flatMap(({ name, offMinutes }) =>
      offMinutes > 0 ? [`${name}: repairs are switched off for ${offMinutes} minutes more`] : [],
    ),
    ...states.flatMap(({ name, repairs }) => repairs.slice(-2).map((line) => `${name}: ${line}`)),
  ];
};

/** How long a job may take on a busy machine. */
const repairMs = 20 * 60_000;
/** How long a busy machine may take to boot. */
const bootSeconds = 180;

/**
 * Repairs each machine that differs. Calls `say` with each difference. Resolves with what still differs: lines of `MACHINE: WHAT`.
 */
export async function repairMachines(running: RunningSite, say: (line: string) => void): Promise<string[]> {
  const states = await machineStates(running, bootSeconds);
  const left = await Promise.all(
    states.map(async ({ name, differences }) => {
      if (differences.length === 0) return [];
      for (const what of differences) say(`${name}: ${what}`);
      const result = await running.exec(name, "lvs-reconcile --repair", repairMs);
      return differencesIn(name, result).map((what) => `${name}: ${what}`);
    }),
  );
  return left.flat();
}

const onThoseWithReconciler = (command: string): string =>
  `! command -v lvs-reconcile >/dev/null || lvs-reconcile ${command}`;

export interface Hold {
  /** Machines that repair nothing meanwhile. */
  readonly machines: readonly string[];
  /** Who holds their repairs: letters, digits and `: . _ -`. Only the same name releases them. */
  readonly by: string;
  /** When this process is killed, they repair again after so many minutes. Must be longer than the act takes. */
  readonly minutes: number;
}

/** A repair that has begun ends first. */
const holdMs = 120_000;

/** Calls `act` while machines repair nothing. @throws Error when one does not hold its repairs; nothing was done then */
export async function withoutRepairs<T>(
  running: RunningSite,
  { machines, by, minutes }: Hold,
  act: () => Promise<T>,
): Promise<T> {
  if (machines.length === 0 || !running.site.reconcile) return act();
  const hold = onThoseWithReconciler(`--hold ${by} ${minutes}`);
  const release = onThoseWithReconciler(`--release ${by}`);
  try {
    await Promise.all(machines.map((name) => running.execOk(name, hold, holdMs)));
    return await act();
  } finally {
    await Promise.all(machines.map((name) => running.exec(name, release)));
  }
}

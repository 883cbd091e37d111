/** Differences between machines and what `up` laid down there, as lvs-reconcile finds and repairs them. */
import { setTimeout as pause } from "node:timers/promises";
import { machinesOf } from "../settings/site";
import { type RunningSite, cutOff } from "./runningSite";

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

/** Asks a machine, and again until `deadline` while it does not answer. */
async function stateOf(running: RunningSite, name: string, deadline: number): Promise<MachineState> {
  const { code, stdout } = await running.exec(name, "lvs-reconcile --check", 90_000);
  if (code !== cutOff || Date.now() > deadline) {
    const state = parseState(name, stdout);
    return code === cutOff ? { ...state, differences: ["does not answer"] } : state;
  }
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

/** Lines for `status`. Empty when nothing differs, and nothing was repaired. */
export const stateLines = (states: readonly MachineState[], stack: string): string[] => {
  const differ = states.flatMap(({ name, differences }) => differences.map((what) => `${name}: ${what}`));
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
      const { code, stdout, stderr } = await running.exec(name, "lvs-reconcile --repair", repairMs);
      const still = parseState(name, stdout).differences;
      return (code !== 0 && still.length === 0 ? [stderr.trim()] : still).map((what) => `${name}: ${what}`);
    }),
  );
  return left.flat();
}

const onThoseWithReconciler = (command: string): string =>
  `! command -v lvs-reconcile >/dev/null || lvs-reconcile ${command}`;

/**
 * Calls `act` while these machines repair nothing. When this process is killed, they repair again after `minutes`, so that must be longer
 * than `act` takes.
 */
export async function withoutRepairs<T>(
  running: RunningSite,
  names: readonly string[],
  act: () => Promise<T>,
  minutes = 15,
): Promise<T> {
  const onAll = (command: string) =>
    Promise.all(names.map((name) => running.exec(name, onThoseWithReconciler(command))));
  if (names.length === 0 || !running.site.reconcile) return act();
  await onAll(`--off ${minutes}`);
  try {
    return await act();
  } finally {
    await onAll("--on");
  }
}

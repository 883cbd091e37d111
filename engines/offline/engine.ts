/**
 * Applies the graph of resources without Pulumi's engine. Pulumi's own Node runtime runs the program under mocks,
 * and each mock really creates its resource. The runtime provides order and data flow. The journal lets the next
 * run continue. There is no lock and no refresh.
 */
import * as pulumi from "@pulumi/pulumi";
import { defaultUri } from "../../settings/hypervisor";
import type { Counts, Progress, Verb } from "../display";
import type { Plan, PlannedChange } from "../plan";
import { type Entry, type Journal, type Values, hostOf, isBeforeOthers } from "./journal";
import type { Context, Provider } from "./provider";
import { providers } from "./providers";

export interface ApplyArgs {
  readonly project: string;
  readonly stack: string;
  /** The stack file's values by their full keys (`lvs-wordpress:network`), as text or JSON. */
  readonly config: Record<string, string>;
  /** Runs the program and resolves with its exports. */
  readonly program: () => Promise<Values>;
  readonly journal: Journal;
  readonly progress: Progress;
}

/** What must be done about a resource. `before` is what exists. */
type Change =
  | { readonly verb: "keep"; readonly before: Entry }
  | { readonly verb: Exclude<Verb, "delete">; readonly before?: Entry; readonly provider: Provider };

/** Compares a resource with the journal. @throws for a type that has no provider */
function changeOf(journal: Journal, type: string, name: string, inputs: Values): Change {
  const provider = providers[type];
  if (!provider) throw noProvider(type);
  const before = journal.find(`${type}::${name}`);
  if (!before || before.unfinished) return { provider, before, verb: "create" };
  const same = provider.same ?? ((old: Values, now: Values) => JSON.stringify(old) === JSON.stringify(now));
  if (same(before.inputs, inputs) && !provider.stale?.(before, inputs)) return { verb: "keep", before };
  return { provider, before, verb: provider.onChange ? "replace" : "update" };
}

const standing = ({ id, inputs, outputs }: Entry) => ({ id, state: { ...inputs, ...outputs } });

const refuseCall = ({ token }: { token: string }): never => {
  throw noProvider(token);
};

/**
 * What `up` would do. Runs the program as Pulumi's preview does: what is not known before a resource is made is unknown to the others.
 * @throws the program's error
 */
export async function plan({ project, stack, config, program, journal }: ApplyArgs): Promise<Plan> {
  const changes: PlannedChange[] = [];
  const seen = new Set<string>();
  let unchanged = 0;
  await pulumi.runtime.setMocks(
    {
      call: refuseCall,
      newResource: ({ type, name, inputs, custom }) => {
        const known = plain(inputs) as Values;
        if (!custom || type === providerType) return { id: name, state: known };
        seen.add(`${type}::${name}`);
        const change = changeOf(journal, type, name, known);
        if (change.verb === "keep") {
          unchanged += 1;
          return standing(change.before);
        }
        const { verb, before } = change;
        changes.push({ verb, type, name, fields: before ? differing(before.inputs, known) : [] });
        return { id: verb === "update" ? before?.id : undefined, state: known };
      },
    },
    project,
    stack,
    true,
  );
  pulumi.runtime.setAllConfig(config);
  await program();
  await pulumi.runtime.disconnect();
  const gone = journal.entries.filter(({ key, type }) => !seen.has(key) && providers[type]);
  for (const { type, name } of gone) changes.push({ verb: "delete", type, name, fields: [] });
  return { changes, unchanged };
}

/** The inputs that are not the same. */
const differing = (before: Values, now: Values): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(now[field]),
  );

const providerType = "pulumi:providers:libvirt";
const networkType = "libvirt:index/network:Network";
const noProvider = (type: string) =>
  new Error(
    `the offline engine cannot make a ${type}: teach engines/offline/providers.ts, or use the engine`,
  );

/**
 * Makes what exists match the program, and resolves with the numbers of resources.
 * @throws the first failure. Nothing is removed then, and the next run continues.
 */
export async function up(args: ApplyArgs): Promise<Counts> {
  const { journal, progress } = args;
  const seen = new Set<string>();
  const failures: Error[] = [];
  let underWay = 0;
  let settle: (() => void) | undefined;
  // After a failure, resources that depend on the failed one would wait for ever. So the run ends when nothing is in
  // progress any more.
  const settled = new Promise<void>((resolve) => (settle = resolve));
  const counts = { created: 0, updated: 0, replaced: 0, deleted: 0, unchanged: 0 };
  const tally = { create: "created", update: "updated", replace: "replaced", delete: "deleted" } as const;

  const apply = async (
    type: string,
    name: string,
    inputs: Values,
  ): Promise<{ id: string; state: Values }> => {
    const key = `${type}::${name}`;
    seen.add(key);
    const change = changeOf(journal, type, name, inputs);
    if (change.verb === "keep") {
      counts.unchanged += 1;
      return standing(change.before);
    }
    const { provider, before, verb } = change;
    const context = contextOf(journal, key, name, progress);
    progress.started(key, verb);
    // A new network cuts all machines off: no command can run on them before they are replaced.
    if (type === networkType && verb === "replace")
      journal.entries.filter(isBeforeOthers).forEach((entry) => journal.remove(entry));
    if (before && provider.onChange === "removeFirst") {
      for (const entry of dependentsOf(journal, before)) await remove(journal, entry, progress);
      await provider.remove?.(before.inputs, before, context);
    }
    // The old resource is removed at the end, when nothing uses it any more. Until then the journal has it under a key
    // of its own.
    if (before && !before.unfinished && provider.onChange === "removeLast")
      journal.put({ ...before, key: `${key}::${before.id}` });
    // An interrupted run may have left parts of it.
    if (!before && provider.onChange === "removeFirst")
      await provider.remove?.(inputs, { id: "", outputs: {} }, context);
    // If the creation fails or the run ends here, the next `up` makes the resource anew, and `down` removes its parts.
    journal.put({ key, type, name, inputs, id: "", outputs: {}, unfinished: true });
    const made = await provider.create(inputs, context);
    journal.put({ key, type, name, inputs, id: made.id, outputs: made.outputs });
    counts[tally[verb]] += 1;
    progress.finished(key, verb);
    return { id: made.id, state: { ...inputs, ...made.outputs } };
  };

  const swallow = (reason: unknown): void => {
    failures.push(reason instanceof Error ? reason : new Error(String(reason)));
    if (underWay === 0) settle?.();
  };
  process.on("unhandledRejection", swallow);
  await pulumi.runtime.setMocks(
    {
      call: refuseCall,
      newResource: async ({ type, name, inputs, custom }) => {
        const known = plain(inputs) as Values;
        if (type === providerType)
          journal.put({ key: providerType, type, name, inputs: known, id: name, outputs: {} });
        if (!custom || type === providerType) return { id: name, state: known };
        underWay += 1;
        try {
          return await apply(type, name, known);
        } catch (error) {
          failures.push(error as Error);
          progress.finished(`${type}::${name}`, "create", error as Error);
          throw error;
        } finally {
          underWay -= 1;
          if (failures.length > 0 && underWay === 0) settle?.();
        }
      },
    },
    args.project,
    args.stack,
    false,
  );
  pulumi.runtime.setAllConfig(args.config);
  const outputs = await args.program();
  await Promise.race([pulumi.runtime.disconnect(), settled]);
  const known = failures.length > 0 ? undefined : await Promise.race([resolve(outputs), settled]);
  const [failure] = failures;
  if (failure) throw failure;
  journal.setOutputs(known as Values);
  process.off("unhandledRejection", swallow);
  seen.add(providerType);
  const gone = journal.entries.filter(({ key }) => !seen.has(key));
  const ids: unknown[] = gone.map(({ id }) => id);
  const hosts = gone.filter((entry) => !isBeforeOthers(entry)).map(hostOf);
  // A command before another resource goes away together with its own machine, without running. Under Pulumi, a director of a pair that
  // is removed hands over first.
  for (const entry of gone.filter(isBeforeOthers))
    if (!triggersOf(entry).some((id) => ids.includes(id)) || hosts.includes(hostOf(entry)))
      journal.remove(entry);
  counts.deleted = await removeAll(
    journal,
    journal.entries.filter(({ key }) => !seen.has(key)),
    progress,
  );
  return counts;
}

/**
 * What has to be undone before `entry` is replaced, the newest first: commands with a `delete` that name it as a trigger. Pulumi finds
 * them by their property dependencies.
 */
const dependentsOf = (journal: Journal, { id }: Entry): Entry[] =>
  journal.entries.filter((entry) => isBeforeOthers(entry) && triggersOf(entry).includes(id)).toReversed();

const triggersOf = ({ inputs }: Entry): readonly unknown[] =>
  Array.isArray(inputs.triggers) ? inputs.triggers : [];

/** Removes everything in the journal, the newest first, and deletes the journal. Resolves with the number of removed resources. */
export async function down(journal: Journal, progress: Progress): Promise<number> {
  journal.entries.filter(isBeforeOthers).forEach((entry) => journal.remove(entry));
  const count = await removeAll(journal, journal.entries, progress);
  journal.erase();
  return count;
}

/**
 * Removes `entries`, the newest first. Neighbours of one type are removed at the same time, because they never
 * depend on each other. Resolves with the number of entries that have a provider.
 */
async function removeAll(journal: Journal, entries: readonly Entry[], progress: Progress): Promise<number> {
  const waves: Entry[][] = [];
  for (const entry of [...entries].reverse()) {
    const wave = waves.at(-1);
    if (wave?.[0]?.type === entry.type) wave.push(entry);
    else waves.push([entry]);
  }
  for (const wave of waves) await Promise.all(wave.map((entry) => remove(journal, entry, progress)));
  return entries.filter(({ type }) => providers[type]).length;
}

async function remove(journal: Journal, entry: Entry, progress: Progress): Promise<void> {
  const undo = providers[entry.type]?.remove;
  // A volume that was replaced under the same name: removing the old entry would remove the new volume.
  const taken = journal.entries.some(
    ({ type, id, key }) => id !== "" && type === entry.type && id === entry.id && key !== entry.key,
  );
  if (undo && !taken) {
    progress.started(entry.key, "delete");
    await undo(entry.inputs, entry, contextOf(journal, entry.key, entry.name, progress));
    progress.finished(entry.key, "delete");
  }
  journal.remove(entry);
}

function contextOf(journal: Journal, key: string, name: string, progress: Progress): Context {
  const uri = journal.find(providerType)?.inputs.uri;
  return { name, uri: String(uri ?? defaultUri), say: (line) => progress.said(key, line) };
}

/** Unwraps secrets. They are stored like any other value, because the whole journal is encrypted. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const resolve = (outputs: Values): Promise<unknown> =>
  new Promise((done) => {
    pulumi.output(outputs).apply((known) => done(known));
  });

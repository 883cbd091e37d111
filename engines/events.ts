/** The events of Pulumi's engine: as lines for people, one for each resource of an `up`, and as the changes of a plan. */
import type { EngineEvent, OpMap, OpType } from "@pulumi/pulumi/automation";
import type { Counts, Progress, Verb } from "./display";
import type { PlannedChange } from "./plan";
import { afterLast } from "../settings/text";

type Step = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];
type Diagnostic = NonNullable<EngineEvent["diagnosticEvent"]>;

/** Where the lines go. */
export interface Screen extends Progress {
  print(line: string): void;
}

/** The steps that are shown. `replace` is left out: it only groups the other two steps of a replacement. */
const verbs: Readonly<Partial<Record<OpType, Verb>>> = {
  create: "create",
  update: "update",
  "create-replacement": "replace",
  delete: "delete",
  "delete-replaced": "delete",
};
/** The steps that a preview shows. Here a replacement is one line. */
const plannedVerbs: Readonly<Partial<Record<OpType, Verb>>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
};

/** `urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME` as `TYPE::NAME`. */
function keyOf(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${afterLast(types, "$")}::${name}`;
}

/** Whether a resource is shown: neither a component nor a provider. */
const isShown = (step: Step): boolean =>
  (step.new ?? step.old)?.custom === true && !step.type.startsWith("pulumi:providers:");
/** Pulumi marks colours as `<{%fg 1%}>`. */
const withoutColours = (text: string): string => text.replaceAll(/<\{%[^%]*%\}>/g, "").trim();

const shownSeverities: readonly string[] = ["info", "info#err", "warning", "error"];

export function countsOf(changes: OpMap): Counts {
  const { create = 0, update = 0, replace = 0, delete: deleted = 0, same = 0 } = changes;
  return { created: create, updated: update, replaced: replace, deleted, unchanged: same };
}

/** Shows the events of an `up` or a `destroy`. */
export class EventLines {
  /** The engine's counts, set when it has ended. */
  counts?: Counts;
  /** Whether an error was shown. */
  failed = false;
  private readonly running = new Set<string>();
  /** Errors of resources in progress. They are shown with the event that says that the resource failed. */
  private readonly errors = new Map<string, string>();

  constructor(private readonly screen: Screen) {}

  take({
    resourcePreEvent,
    resOutputsEvent,
    resOpFailedEvent,
    diagnosticEvent,
    ...others
  }: EngineEvent): void {
    if (resourcePreEvent) this.started(resourcePreEvent.metadata);
    if (resOutputsEvent) this.finished(resOutputsEvent.metadata);
    if (resOpFailedEvent) this.finished(resOpFailedEvent.metadata, true);
    if (diagnosticEvent) this.told(diagnosticEvent);
    if (others.stdoutEvent) this.screen.print(withoutColours(others.stdoutEvent.message));
    if (others.summaryEvent) this.counts = countsOf(others.summaryEvent.resourceChanges);
  }

  /** Shows the errors that no failed resource has shown. */
  end(): void {
    for (const [key, message] of this.errors) this.screen.print(lineOf(key, `error: ${message}`));
    this.errors.clear();
  }

  private started(step: Step): void {
    const verb = verbs[step.op];
    if (!verb || !isShown(step)) return;
    this.running.add(keyOf(step.urn));
    this.screen.started(keyOf(step.urn), verb);
  }

  private finished(step: Step, failed = false): void {
    const [verb, key] = [verbs[step.op], keyOf(step.urn)];
    if (!verb || !this.running.delete(key)) return;
    const message = this.errors.get(key) ?? "failed";
    this.errors.delete(key);
    this.failed ||= failed;
    this.screen.finished(key, verb, failed ? new Error(message) : undefined);
  }

  private told({ urn = "", message, severity, ephemeral }: Diagnostic): void {
    // The engine also sends its debug log, which contains secrets in plain text.
    if (!shownSeverities.includes(severity)) return;
    const [text, key] = [withoutColours(message), keyOf(urn)];
    if (text === "") return;
    if (severity === "error") this.failed = true;
    if (severity === "error" && this.running.has(key)) {
      const former = this.errors.get(key);
      this.errors.set(key, former === undefined ? text : `${former}\n${text}`);
    } else if (ephemeral) this.screen.said(key, afterLast(text, "\n"));
    else if (severity === "error" || severity === "warning")
      this.screen.print(lineOf(key, text.startsWith(severity) ? text : `${severity}: ${text}`));
    else this.screen.print(lineOf(key, text));
  }
}

/** The change that an event of a preview announces. Undefined for other events, and for resources that do not change. */
export function plannedChange({ resourcePreEvent }: EngineEvent): PlannedChange | undefined {
  if (!resourcePreEvent) return undefined;
  const step = resourcePreEvent.metadata;
  const verb = plannedVerbs[step.op];
  if (!verb || !isShown(step)) return undefined;
  const [type = "", name = ""] = keyOf(step.urn).split("::");
  const paths = Object.keys(step.detailedDiff ?? {});
  const fields = paths.length > 0 ? paths : (step.diffs ?? step.keys ?? []);
  return { verb, type, name, fields: verb === "update" || verb === "replace" ? topLevel(fields) : [] };
}

/** `os.kernel` and `os.initrd` as `os`. */
const topLevel = (paths: readonly string[]): string[] => [
  ...new Set(paths.map((path) => path.replace(/[.[].*/s, ""))),
];

/** `Domain rs1-domain` */
function nameOf(key: string): string {
  const [type = "", name = ""] = key.split("::");
  return `${afterLast(type, ":")} ${name}`;
}

/** `text` after the name of its resource. Messages about the whole stack get no name. */
const lineOf = (key: string, text: string): string =>
  key === "::" || key.startsWith("pulumi:pulumi:Stack") ? text : `    ${nameOf(key)}: ${text}`;

import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { type Verb, countsText } from "../../../engines/display";
import { EventLines, type Screen, plannedChange } from "../../../engines/events";

const urnOf = (type: string, name: string) =>
  `urn:pulumi:dev::lvs-wordpress::lvs:index:Site$lvs:index:Machine$${type}::${name}`;
const domain = "libvirt:index/domain:Domain";
const key = `${domain}::rs1-domain`;

let lines: string[];
let events: EventLines;

beforeEach(() => {
  lines = [];
  const screen: Screen = {
    started: (what, verb) => void lines.push(`started ${verb} ${what}`),
    said: (what, line) => void lines.push(`said ${what} ${line}`),
    finished: (what, verb, error) =>
      void lines.push(`finished ${verb} ${what}${error ? `: ${error.message}` : ""}`),
    print: (line) => void lines.push(line),
  };
  events = new EventLines(screen);
});

/** A step as the engine tells it; only what is read. */
const step = (op: OpType, type = domain, name = "rs1-domain", more: object = {}) => {
  const urn = urnOf(type, name);
  const state = { type, urn, custom: !type.startsWith("lvs:"), id: "", parent: "", provider: "" };
  return {
    op,
    urn,
    type,
    provider: "",
    new: { ...state, inputs: {}, outputs: {} },
    ...more,
  };
};
const event = (what: Partial<EngineEvent>): EngineEvent => ({ sequence: 0, timestamp: 0, ...what });
const pre = (...args: Parameters<typeof step>) => event({ resourcePreEvent: { metadata: step(...args) } });
const done = (...args: Parameters<typeof step>) => event({ resOutputsEvent: { metadata: step(...args) } });
const failed = (...args: Parameters<typeof step>) =>
  event({ resOpFailedEvent: { metadata: step(...args), status: 1, steps: 1 } });
const told = (severity: string, message: string, urn = "", more: object = {}) =>
  event({
    diagnosticEvent: { urn, message, severity: severity as "info", color: "never", ...more },
  });

test.each<[OpType, Verb]>([
  ["create", "create"],
  ["update", "update"],
  ["create-replacement", "replace"],
  ["delete", "delete"],
  ["delete-replaced", "delete"],
])("the step %s is shown as %s", (op, verb) => {
  events.take(pre(op));
  events.take(done(op));
  expect(lines).toEqual([`started ${verb} ${key}`, `finished ${verb} ${key}`]);
});

test("what stays, components, providers and the mark of a replacement are not shown", () => {
  for (const args of [
    ["same"],
    ["replace"],
    ["read"],
    ["create", "lvs:index:Machine", "rs1"],
    ["create", "pulumi:providers:libvirt", "site-hypervisor-libvirt"],
  ] as Parameters<typeof step>[]) {
    events.take(pre(...args));
    events.take(done(...args));
  }
  expect(lines).toEqual([]);
});

test("a resource that fails is shown with the error that the engine told before", () => {
  events.take(pre("create"));
  events.take(told("error", "<{%fg 1%}>error: <{%reset%}>no such pool\n", urnOf(domain, "rs1-domain")));
  events.take(failed("create"));
  events.end();
  expect(lines).toEqual([`started create ${key}`, `finished create ${key}: error: no such pool`]);
  expect(events.failed).toBe(true);
});

test("an error of the whole stack, or of a resource that is not under way, is a line of its own", () => {
  events.take(told("error", "update failed", "urn:pulumi:dev::lvs-wordpress::pulumi:pulumi:Stack::x"));
  events.take(told("error", "is protected", urnOf(domain, "rs2-domain")));
  expect(lines).toEqual(["error: update failed", "    Domain rs2-domain: error: is protected"]);
  expect(events.failed).toBe(true);
});

test("an error whose resource never ended is shown at the end", () => {
  events.take(pre("create"));
  events.take(told("error", "cut off", urnOf(domain, "rs1-domain")));
  events.end();
  expect(lines.at(-1)).toBe("    Domain rs1-domain: error: cut off");
});

test("the engine's debug log is never shown: it holds secrets", () => {
  events.take(told("debug", "RegisterResource RPC finished: SECRET"));
  expect(lines).toEqual([]);
  expect(events.failed).toBe(false);
});

test("what a program or a resource says is shown, and what is only for now is the resource's state", () => {
  events.take(told("info", "hello\n"));
  events.take(told("warning", "old plugin"));
  events.take(told("info", "uploading\n80 %", urnOf(domain, "rs1-domain"), { ephemeral: true }));
  expect(lines).toEqual(["hello", "warning: old plugin", `said ${key} 80 %`]);
});

test("the summary gives the counts", () => {
  const changes = { create: 3, update: 1, replace: 2, same: 60, "create-replacement": 2 };
  const resourceChanges = changes as NonNullable<EngineEvent["summaryEvent"]>["resourceChanges"];
  events.take(
    event({ summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges, policyPacks: {} } }),
  );
  expect(events.counts && countsText(events.counts)).toBe("3 created, 1 updated, 2 replaced, 60 unchanged");
});

describe("a preview", () => {
  const detailedDiff = { memory: {}, "devices.disks[0]": {} };

  test.each<[OpType, Verb, readonly string[]]>([
    ["create", "create", []],
    ["update", "update", ["memory", "devices"]],
    ["replace", "replace", ["memory", "devices"]],
    ["delete", "delete", []],
  ])("tells of %s once, with what changes", (op, verb, fields) => {
    const change = plannedChange(pre(op, domain, "rs1-domain", { detailedDiff }));
    expect(change).toEqual({ verb, type: domain, name: "rs1-domain", fields });
  });

  test.each<OpType>(["create-replacement", "delete-replaced", "same"])("leaves %s out", (op) => {
    expect(plannedChange(pre(op, domain, "rs1-domain", { detailedDiff }))).toBeUndefined();
  });

  test("names the properties where the provider gives no detail", () => {
    const command = "command:remote:Command";
    const change = plannedChange(pre("update", command, "rs1-guest-real-server", { diffs: ["stdin"] }));
    expect(change?.fields).toEqual(["stdin"]);
  });
});

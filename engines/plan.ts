/** What `up` would do to a stack: by resource, as an engine plans it, and by machine, as people read it. */
import { type MachineSettings, type SiteSettings, machinesByRole } from "../settings/site";
import type { Role } from "../settings/roles";
import { afterLast } from "../settings/text";
import { table } from "../project/table";
import type { Verb } from "./display";

/** A change of one resource. */
export interface PlannedChange {
  readonly verb: Verb;
  /** For example `libvirt:index/domain:Domain`. */
  readonly type: string;
  readonly name: string;
  /** Inputs that differ, for `update` and `replace`. */
  readonly fields: readonly string[];
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
}

/** What happens to one machine. */
export interface MachineChange {
  readonly machine: string;
  readonly what: "new" | "replaced" | "removed" | "changed in place";
  /** Why it is replaced, in words. */
  readonly reasons: readonly string[];
  /** Whether the content of its data disk is lost. */
  readonly losesData: boolean;
  /** What clients of the site notice. */
  readonly notice: string;
}

/** What the inputs of a domain mean to people. Other inputs keep their names. */
const meanings: Readonly<Record<string, string>> = {
  memory: "memory",
  vcpu: "CPUs",
  os: "image",
  devices: "disks or NICs",
  sysInfos: "addresses or keys",
  description: "network",
};

/** The name of the resource that is a machine's domain. */
export const domainOf = (machine: string): string => `${machine}-domain`;

const isA = (type: string) => (change: PlannedChange) => afterLast(change.type, ":") === type;

/**
 * The machines that change. `before` is the site that stands, undefined when there is none, and `after` the one that is asked for.
 */
export function machineChanges(
  { changes }: Plan,
  before: SiteSettings | undefined,
  after: SiteSettings,
): MachineChange[] {
  const roles = new Map([...rolesOf(before), ...rolesOf(after)]);
  const isCutOff = changes.some((change) => isA("Network")(change) && change.verb === "replace");
  const notices: Readonly<Record<MachineChange["what"], (role: Role, machine: string) => string>> = {
    new: () => "nothing",
    "changed in place": () => "nothing",
    replaced: (role, machine) => (isCutOff ? "no answer until it is back" : noticeOf(role, machine, after)),
    removed: (role, machine) => noticeOfRemoval(role, machine, before ?? after),
  };
  return [...roles].flatMap(([machine, role]) => {
    const own = changes.filter((change) => ownerOf(change, [...roles.keys()]) === machine);
    if (own.length === 0) return [];
    const domain = own.find(isA("Domain"));
    const what = domain ? whatOf[domain.verb] : "changed in place";
    return {
      machine,
      what,
      reasons: what === "replaced" && domain ? reasonsOf(domain) : [],
      losesData: own.some(
        ({ verb, name }) => (verb === "delete" || verb === "replace") && name === `${machine}-data`,
      ),
      notice: notices[what](role, machine),
    };
  });
}

/** Another image has another disk too, which says nothing more. */
const reasonsOf = ({ fields }: PlannedChange): string[] =>
  fields
    .filter((field) => field !== "devices" || !fields.includes("os"))
    .map((field) => meanings[field] ?? field);

const whatOf: Readonly<Record<Verb, MachineChange["what"]>> = {
  create: "new",
  replace: "replaced",
  delete: "removed",
  update: "changed in place",
};

const rolesOf = (site: SiteSettings | undefined): [string, Role][] =>
  site
    ? Object.entries(machinesByRole(site)).flatMap(([role, machines]) =>
        machines.map(({ name }: MachineSettings): [string, Role] => [name, role as Role]),
      )
    : [];

/** Whether it is a command before a machine is replaced, which is no change of any machine. All others belong to a guest. */
const isBeforeReplacement = ({ type, name }: PlannedChange): boolean =>
  type === "command:remote:Command" && !name.includes("-guest-");

/** The machine that a resource belongs to: the longest name with which the resource's name begins. */
function ownerOf(change: PlannedChange, machines: readonly string[]): string | undefined {
  if (isBeforeReplacement(change)) return undefined;
  const owners = machines.filter((name) => change.name.startsWith(`${name}-`));
  return owners.sort((one, other) => other.length - one.length)[0];
}

/** What clients notice when a machine goes for good. `before` is the site that has it. */
function noticeOfRemoval(role: Role, machine: string, before: SiteSettings): string {
  if (role === "realServer") return "nothing: it is drained first";
  if (role === "director") return before.secondDirector ? "the VIPs move, within a second" : "no answer";
  const isNeeded = role === "nfs" || (role === "mysql" && before.replica?.name !== machine);
  return isNeeded ? "its content is gone" : "nothing";
}

/** What clients notice while a machine is away. */
function noticeOf(role: Role, machine: string, site: SiteSettings): string {
  const others = site.realServers.filter(({ name, drained }) => name !== machine && !drained);
  const unserved = site.services.filter(({ destinations }) =>
    destinations.every(({ name }) => others.every((other) => other.name !== name)),
  );
  const until = "until it is back";
  switch (role) {
    case "realServer":
      if (unserved.length === 0) return "nothing: it is drained first";
      return unserved.some(({ destinations }) => destinations.length > 1)
        ? "up stops before it: undrain another real server first"
        : `no answer from ${unserved.map(({ name }) => name).join(", ")} ${until}`;
    case "director":
      return site.secondDirector ? "the VIPs move, within a second" : `no answer ${until}`;
    case "nfs":
      return `cached pages are served, other requests wait ${until}`;
    case "mysql":
      if (site.replica?.name === machine) return "nothing";
      return `cached pages are served, others fail ${until}`;
    case "client":
    case "sorryServer":
    case "source":
      return "nothing";
  }
}

const past = { update: "changed", replace: "replaced", delete: "removed" } as const;

/** The text of a plan. Empty when nothing changes. */
export function planText(plan: Plan, machines: readonly MachineChange[]): string {
  const known = machines.map(({ machine }) => machine);
  const others = plan.changes.filter(
    (change) => ownerOf(change, known) === undefined && !isBeforeReplacement(change),
  );
  const rows = machines.map(({ machine, what, reasons, losesData, notice }) => [
    machine,
    [
      what,
      ...(reasons.length > 0 ? [`(${reasons.join(", ")})`] : []),
      ...(losesData ? ["ITS DATA IS LOST"] : []),
    ].join(" "),
    notice,
  ]);
  const also = others.flatMap(({ verb, type, name }) =>
    verb === "create" ? [] : [`${afterLast(type, ":")} ${name} is ${past[verb]}`],
  );
  const fresh = others.length - also.length;
  if (fresh > 0) also.push(fresh === 1 ? "1 other resource is new" : `${fresh} other resources are new`);
  return [
    ...(rows.length > 0 ? [table(["machine", "change", "clients notice"], rows)] : []),
    ...(also.length > 0 ? [`also: ${also.join(", ")}`] : []),
  ].join("\n");
}

/** Why `up` must ask before it goes on: one sentence, or undefined when nothing is replaced or lost. */
export function reasonToAsk(plan: Plan, machines: readonly MachineChange[]): string | undefined {
  const named = (chosen: (change: MachineChange) => boolean) =>
    machines.filter(chosen).map(({ machine }) => machine);
  const replaced = named(({ what }) => what === "replaced");
  const removed = named(({ what }) => what === "removed");
  const lost = named(({ losesData }) => losesData);
  const cut = plan.changes.filter((change) => isA("Network")(change) && change.verb === "replace");
  const parts = [
    ...(replaced.length > 0 ? [`replaces ${replaced.join(", ")}`] : []),
    ...(removed.length > 0 ? [`removes ${removed.join(", ")}`] : []),
    ...(lost.length > 0 ? [`loses the data of ${lost.join(", ")}`] : []),
    ...(cut.length > 0 ? ["cuts all machines off while it replaces their network"] : []),
  ];
  return parts.length > 0 ? `this ${parts.join(", and ")}` : undefined;
}

import type { Verb } from "../../../engines/display";
import {
  type MachineChange,
  type Plan,
  type PlannedChange,
  machineChanges,
  planText,
  reasonToAsk,
} from "../../../engines/plan";
import { resolveSite } from "../../../settings/resolve";

const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";
const command = "command:remote:Command";
const change = (verb: Verb, type: string, name: string, ...fields: string[]): PlannedChange => ({
  verb,
  type,
  name,
  fields,
});
const planOf = (...changes: PlannedChange[]): Plan => ({ changes, unchanged: 40 });
const site = resolveSite("dev", { director: { manager: "ipvsadm" } });
const pair = resolveSite("ha", {
  directors: 2,
  director: { manager: "keepalived" },
  mysql: { replica: true },
});
const only = (changes: readonly MachineChange[]): MachineChange => {
  expect(changes).toHaveLength(1);
  return changes[0]!;
};

test("a machine is replaced for the reasons that its domain has, in words", () => {
  const plan = planOf(
    change("replace", domain, "rs1-domain", "memory", "vcpu", "newInput"),
    change("replace", command, "rs1-guest-real-server", "triggers"),
    change("replace", command, "rs1-leaves-director", "triggers"),
  );
  expect(only(machineChanges(plan, site, site))).toEqual({
    machine: "rs1",
    what: "replaced",
    reasons: ["memory", "CPUs", "newInput"],
    losesData: false,
    notice: "nothing: it is drained first",
  });
});

test("another image is one reason", () => {
  const plan = planOf(change("replace", domain, "rs1-domain", "devices", "os"));
  expect(only(machineChanges(plan, site, site)).reasons).toEqual(["image"]);
});

test("a machine whose jobs alone change stays", () => {
  const plan = planOf(change("update", command, "director-guest-director", "stdin"));
  expect(only(machineChanges(plan, site, site))).toMatchObject({
    machine: "director",
    what: "changed in place",
    notice: "nothing",
  });
});

test("a command before a real server is replaced is no change of the director", () => {
  const plan = planOf(change("create", command, "rs1-leaves-director"));
  expect(machineChanges(plan, site, site)).toEqual([]);
  expect(planText(plan, [])).toBe("");
});

test("a machine with a name like such a command's has its own changes", () => {
  const odd = resolveSite("dev", { realServers: [{ name: "autumn-leaves" }, {}] });
  const plan = planOf(change("replace", domain, "autumn-leaves-domain", "memory"));
  expect(only(machineChanges(plan, odd, odd))).toMatchObject({ machine: "autumn-leaves", what: "replaced" });
});

test("the longest name owns a resource", () => {
  const two = resolveSite("dev", { realServers: [{ name: "web" }, { name: "web-2" }] });
  const plan = planOf(change("replace", domain, "web-2-domain"));
  expect(only(machineChanges(plan, two, two)).machine).toBe("web-2");
});

test.each<[string, string, string]>([
  ["the only director", "director", "no answer until it is back"],
  ["the NFS server", "nfs", "cached pages are served, other requests wait until it is back"],
  ["the only database", "mysql", "cached pages are served, others fail until it is back"],
])("clients notice that %s is replaced", (_what, machine, notice) => {
  const plan = planOf(change("replace", domain, `${machine}-domain`, "memory"));
  expect(only(machineChanges(plan, site, site)).notice).toBe(notice);
});

test.each<[string, string, string]>([
  ["one of two directors", "director2", "the VIPs move, within a second"],
  ["the replica", "mysql2", "nothing"],
])("clients hardly notice that %s is replaced", (_what, machine, notice) => {
  const plan = planOf(change("replace", domain, `${machine}-domain`, "memory"));
  expect(only(machineChanges(plan, pair, pair)).notice).toBe(notice);
});

test.each<[string, object[], string]>([
  ["no other one", [{}], "no answer from web until it is back"],
  [
    "only a drained one beside it",
    [{}, { drained: true }],
    "up stops before it: undrain another real server first",
  ],
])("a real server with %s is told", (_what, realServers, notice) => {
  const alone = resolveSite("dev", { realServers });
  const plan = planOf(change("replace", domain, "rs1-domain", "memory"));
  expect(only(machineChanges(plan, alone, alone)).notice).toBe(notice);
});

test.each<[string, string, string]>([
  ["one of two directors", "director2", "the VIPs move, within a second"],
  ["the replica", "mysql2", "nothing"],
])("clients hardly notice that %s is removed", (_what, machine, notice) => {
  const plan = planOf(change("delete", domain, `${machine}-domain`));
  expect(only(machineChanges(plan, pair, site)).notice).toBe(notice);
});

test("a machine that goes is told with its data, and is asked for", () => {
  const without = resolveSite("dev", { content: "static" });
  const plan = planOf(
    change("delete", domain, "nfs-domain"),
    change("delete", volume, "nfs-data"),
    change("delete", volume, "nfs-root"),
  );
  const changes = machineChanges(plan, site, without);
  expect(only(changes)).toMatchObject({ machine: "nfs", what: "removed", losesData: true });
  expect(planText(plan, changes)).toContain("nfs      removed ITS DATA IS LOST  its content is gone");
  expect(reasonToAsk(plan, changes)).toBe("this removes nfs, and loses the data of nfs");
});

test("the text has a row for each machine, and names what else changes", () => {
  const plan = planOf(
    change("replace", domain, "rs1-domain", "memory"),
    change("update", command, "mysql-guest-mysql-server", "stdin"),
    change("replace", "libvirt:index/network:Network", "site-network-bridge", "ips"),
    change("create", "random:index/randomPassword:RandomPassword", "site-new-password"),
  );
  const changes = machineChanges(plan, site, site);
  expect(planText(plan, changes)).toBe(`machine  change             clients notice
rs1      replaced (memory)  no answer until it is back
mysql    changed in place   nothing
also: Network site-network-bridge is replaced, 1 other resource is new`);
  expect(reasonToAsk(plan, changes)).toBe(
    "this replaces rs1, and cuts all machines off while it replaces their network",
  );
});

test("new machines and changes in place need no question", () => {
  const plan = planOf(
    change("create", domain, "rs2-domain"),
    change("update", command, "director-guest-director", "stdin"),
  );
  expect(reasonToAsk(plan, machineChanges(plan, undefined, site))).toBeUndefined();
});

import { readdirSync } from "node:fs";
import { Cidr } from "../../../settings/ipv4";
import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import { settingsIn, stackSettings } from "../../../project/stacks";
import { requireLab, requireStack, stackFile } from "../../../project/stacks";
import { UserError } from "../../../project/userError";
import { settingsPage } from "../../../project/settingsPage";
import { table } from "../../../project/table";

const stacks = ["dev", "staging", "prod"];
const labs = readdirSync("labs")
  .map((file) => file.replace(/\.yaml$/, ""))
  .sort();
const sites = stacks.map((stack) => resolveSite(stack, stackSettings(stack)));

test("dev is the classic site", () => {
  const [dev] = sites;
  expect(machinesOf(dev!).map(({ name, address }) => [name, address])).toEqual([
    ["director", "172.16.0.31"],
    ["rs1", "172.16.0.32"],
    ["rs2", "172.16.0.33"],
    ["nfs", "172.16.0.34"],
    ["mysql", "172.16.0.35"],
  ]);
  expect(dev!.services).toHaveLength(1);
  expect(dev!.services[0]).toMatchObject({
    name: "web",
    vips: ["172.16.0.40"],
    ports: ["80"],
    protocol: "tcp",
    scheduler: "rr",
    forwarding: "dr",
  });
  expect(dev!.realServers.map(({ weight }) => weight)).toEqual([1, 2]);
});

test("a whole dev site takes at most 4 GiB", () => {
  expect(machinesOf(sites[0]!).reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)).toBeLessThanOrEqual(4096);
});

test("no two stacks share a network, a bridge or a MAC", () => {
  const networks = sites.flatMap((site) => site.networks.map(({ cidr }) => new Cidr(cidr)));
  networks.forEach((network, index) => {
    for (const other of networks.slice(index + 1)) expect(network.overlaps(other)).toBe(false);
  });
  const bridges = sites.flatMap((site) => site.networks.map(({ bridge }) => bridge));
  expect(new Set(bridges).size).toBe(networks.length);
  const macs = sites.flatMap((site) => machinesOf(site).flatMap(({ nics }) => nics.map(({ mac }) => mac)));
  expect(new Set(macs).size).toBe(macs.length);
});

test("a stack is written in its own file, a lab in its lab's", () => {
  expect(stackFile("dev")).toBe("Pulumi.dev.yaml");
  expect(stackFile("nat-lnmp")).toBe("labs/nat-lnmp.yaml");
});

test("a stack has a file or is a lab; dev is the one that needs no name", () => {
  expect([requireStack(), requireStack("prod"), requireStack("nat-lnmp")]).toEqual([
    "dev",
    "prod",
    "nat-lnmp",
  ]);
  const known = new RegExp(
    `^there is no Pulumi\\.nowhere\\.yaml; stacks here: .*dev.*; labs: ${labs.join(", ")}$`,
  );
  expect(() => requireStack("nowhere")).toThrow(known);
});

test("a file that is no YAML is refused with the place", () => {
  expect(() => settingsIn("config:\n  a: 1\n  a: 2\n")).toThrow(
    /^the stack file is no YAML: Map keys must be unique at line 3, column 3:/,
  );
});

test("a lab that is not there is refused with those that are", () => {
  expect(requireLab("nat-lnmp")).toBe("nat-lnmp");
  const known = `labs: ${labs.join(", ")}`;
  expect(() => requireLab("dev")).toThrow(new UserError(`there is no labs/dev.yaml; ${known}`));
  expect(() => requireLab("tum")).toThrow(
    new UserError(`there is no labs/tum.yaml, did you mean "tun"?; ${known}`),
  );
});

test("the settings of a group follow it in the page, and what has no default is said to be needed", () => {
  const rows = settingsPage().split("\n");
  const group = rows.findIndex((row) => row.startsWith("| `persistence` | a group |"));
  expect(rows.slice(group + 1, group + 3).map((row) => row.split(" | ").slice(0, 3))).toEqual([
    ["| `persistence.timeoutSeconds`", "1 to 2678400", "`300`"],
    ["| `persistence.netmask`", "text", '`"255.255.255.255"`'],
  ]);
  const needed = rows.filter((row) => row.includes("none: it is needed"));
  expect(needed.map((row) => row.split(" | ")[0])).toEqual([
    "| `name`",
    "| `cidr`",
    "| `remote.to`",
    "| `remote.hostKey`",
    "| `remote.keyFile`",
  ]);
});

test("a table's columns are as wide as their widest cell, and no line ends in blanks", () => {
  expect(table(["a", "long title"], [["wide cell", "x"]])).toBe("a          long title\nwide cell  x");
});

test("a table's columns are aligned beside Chinese text, whose characters take two columns", () => {
  expect(
    table(
      ["名称", "x"],
      [
        ["调度器", "1"],
        ["rs1", "2"],
      ],
    ),
  ).toBe("名称    x\n调度器  1\nrs1     2");
});

test("a value that Pulumi has encrypted is refused by its key, also inside a list", () => {
  const refusal = /^lvs-wordpress:services is encrypted, and only Pulumi's own engine can read it/;
  const text = 'config: { "lvs-wordpress:services": [{ name: { secure: "v1:abc" } }] }';
  expect(() => settingsIn(text)).toThrow(refusal);
  expect(settingsIn('config: { "lvs-wordpress:content": static }')).toEqual({ content: "static" });
});

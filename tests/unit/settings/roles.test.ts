import { resolveSite } from "../../../settings/resolve";
import { namedMachines, roleOf, roles } from "../../../settings/roles";
import { siteSchema } from "../../../settings/schema";
import { machinesByRole } from "../../../settings/site";

/** Stack files that have a machine of every role between them. */
const files = [
  {},
  {
    directors: 2,
    director: { manager: "keepalived" },
    sorryServer: { on: "machine" },
    mysql: { replica: true },
    client: {},
  },
  { content: "static", sync: "lsyncd" },
  { content: "shop" },
];
const sites = files.map((file) => ({
  file: siteSchema.parse(file),
  machines: machinesByRole(resolveSite("test", file)),
}));

test.each(roles)("a site has a machine %s where the role's row says so, and nowhere else", (role) => {
  const counts = sites.map(({ machines }) => machines[role].length);
  expect(counts.map((count) => count > 0)).toEqual(sites.map(({ file }) => roleOf(role).isPresent(file)));
  expect(counts.some((count) => count > 0)).toBe(true);
});

test.each(roles.filter((role) => role !== "realServer"))("each machine of the role %s has a row", (role) => {
  const names = sites.flatMap(({ machines }) => machines[role].map(({ name }) => name));
  expect([...new Set(names)]).toEqual(roleOf(role).machines.map(({ name }) => name));
});

test("no two machines share a name, a host number or the place of their address", () => {
  const distinct = (of: (machine: (typeof namedMachines)[number]) => unknown) =>
    new Set(namedMachines.map(of)).size;
  const all = namedMachines.length;
  expect(distinct(({ name }) => name)).toBe(all);
  expect(distinct(({ host }) => host)).toBe(all);
  expect(distinct(({ path, addressPath }) => addressPath ?? `${path}.address`)).toBe(all);
});

import { keysAt, siteSchema } from "../../../settings/schema";
import { nodes } from "./schemaNodes";

/** Each object of a stack file, by the path of its first occurrence. */
const objects = nodes.filter(({ node }) => node.properties);

test("there are objects within objects and within lists", () => {
  const paths = objects.map(({ path }) => path.join("."));
  expect(paths).toEqual(
    expect.arrayContaining(["", "director.timeouts", "services.0.check", "realServers.0"]),
  );
});

test.each(objects)("the object at $path knows its settings, through defaults and lists", ({ path, node }) => {
  expect(keysAt(path)).toEqual(Object.keys(node.properties!));
  expect(keysAt(path.map((part) => (part === 0 ? 7 : part)))).toEqual(Object.keys(node.properties!));
});

test.each([
  [["services"]],
  [["network", "cidr"]],
  [["services", 0, "ports", 0]],
  [["nowhere"]],
  [["nowhere", 0, "deep"]],
])("there are no keys at %j, where no object is", (path) => {
  expect(keysAt(path)).toEqual([]);
});

test("every setting says what it means", () => {
  const settings = nodes.filter(({ path }) => typeof path.at(-1) === "string");
  expect(settings.length).toBeGreaterThan(100);
  expect(settings.filter(({ node }) => !node.description?.trim()).map(({ path }) => path.join("."))).toEqual(
    [],
  );
});

test.each([0, 3, "0%", "50%", "100%"])("%j is a number of servers, or a share of them", (minHealthy) => {
  expect(siteSchema.parse({ services: [{ check: { minHealthy } }] }).services[0]!.check).toMatchObject({
    minHealthy,
  });
});

test.each([-1, 1.5, "50", "101%", "05%", "-1%", "half"])("%j is neither", (minHealthy) => {
  const { error } = siteSchema.safeParse({ services: [{ check: { minHealthy } }] }, { reportInput: true });
  expect(error?.issues.map(({ message }) => message)).toEqual([
    `${JSON.stringify(minHealthy)} is neither a number of servers nor a share of them; write one like 1 or "50%"`,
  ]);
});

test.each([
  [0.05, []],
  [40, []],
  [0.01, ["0.01 is too small; write a number from 0.05 to 40"]],
  [41, ["41 is too large; write a number from 0.05 to 40"]],
  ["1", ['"1" is no number; write one from 0.05 to 40']],
])("adverts every %j s", (advertSeconds, messages) => {
  const { error } = siteSchema.safeParse({ vrrp: { advertSeconds } }, { reportInput: true });
  expect((error?.issues ?? []).map(({ message }) => message)).toEqual(messages);
});

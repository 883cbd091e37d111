import { type Property, argsOf, mismatches, outputsOf, pulumiName } from "./sdk";
import schema from "./schema.json";

const resources: Readonly<Record<string, Property>> = schema;
const types = ["Provider", "Network", "Pool", "Volume", "Domain"];
/** A resource's schema. The bridge makes up a name where none is given, so it is no longer one that must be. */
function of(type: string): Property {
  const { properties, ...rest } = resources[type.toLowerCase()]!;
  const { name } = properties!;
  return { ...rest, properties: { ...properties, ...(name && { name: { ...name, required: false } }) } };
}

test("the schema has the resources of the SDK, and no others", () => {
  expect(Object.keys(resources).sort()).toEqual(types.map((type) => type.toLowerCase()).sort());
});

test.each(types)("what the SDK's %s takes is what the provider takes", (type) => {
  expect(mismatches(of(type), argsOf(type), type)).toEqual([]);
});

test.each(types)("what the SDK's %s puts out is what the provider has", (type) => {
  const known = Object.entries(of(type).properties!).map(([name, property]) => pulumiName(name, property));
  expect(known).toEqual(expect.arrayContaining(outputsOf(type)));
});

test.each<[string, Property, string]>([
  [
    "a name that the provider does not know",
    { type: "object", properties: { pool: { type: "string", required: true }, size: { type: "number" } } },
    "the provider has no Volume.size",
  ],
  [
    "another type",
    { type: "object", properties: { pool: { type: "number", required: true } } },
    "Volume.pool is number in the SDK, string in the provider",
  ],
  [
    "an argument that may be left out and must be given",
    { type: "object", properties: { pool: { type: "string" } } },
    "Volume.pool must be given, and the SDK does not ask for it",
  ],
])("the comparison finds %s", (_what, used, message) => {
  expect(mismatches(of("Volume"), used, "Volume")).toContain(message);
});

/** The types of sdks/libvirt and the provider's schema as the same kind of tree, so that they can be compared. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** As the README beside this says; names are Terraform's (`sys_info`) in the schema and Pulumi's (`sysInfos`) in the SDK. */
export interface Property {
  readonly type: string;
  readonly required?: boolean;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly items?: Property;
}

const source = ts.createSourceFile(
  "index.ts",
  readFileSync(join(__dirname, "../../../sdks/libvirt/index.ts"), "utf8"),
  ts.ScriptTarget.ES2022,
);

function membersOf(members: ts.NodeArray<ts.TypeElement>): Record<string, Property> {
  return Object.fromEntries(
    members.map((member) => {
      if (!ts.isPropertySignature(member) || !member.type) throw new Error(`no property: ${member.kind}`);
      const property = propertyOf(member.type);
      return [member.name.getText(source), member.questionToken ? property : { ...property, required: true }];
    }),
  );
}

function propertyOf(node: ts.TypeNode): Property {
  if (node.kind === ts.SyntaxKind.StringKeyword) return { type: "string" };
  if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: "number" };
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean" };
  if (ts.isArrayTypeNode(node)) return { type: "list", items: propertyOf(node.elementType) };
  if (ts.isTypeLiteralNode(node)) return { type: "object", properties: membersOf(node.members) };
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText(source);
    if (name === "pulumi.Input") return propertyOf(node.typeArguments![0]!);
    return { type: "object", properties: interfaceOf(name) };
  }
  throw new Error(`unknown type ${node.getText(source)}`);
}

function interfaceOf(name: string): Record<string, Property> {
  const found = source.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  );
  if (!found) throw new Error(`sdks/libvirt has no interface ${name}`);
  return membersOf(found.members);
}

/** What the SDK's class `name` takes. */
export const argsOf = (name: string): Property => ({
  type: "object",
  properties: interfaceOf(`${name}Args`),
});

/** The outputs that the SDK's class `name` declares. */
export function outputsOf(name: string): string[] {
  const found = source.statements.find(
    (node): node is ts.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === name,
  );
  if (!found) throw new Error(`sdks/libvirt has no class ${name}`);
  return found.members.filter(ts.isPropertyDeclaration).map((member) => member.name.getText(source));
}

/** Pulumi's name of a property, as the bridge makes it from Terraform's: camel case, and plural for a list. */
export function pulumiName(name: string, { type }: Property): string {
  const camel = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (type !== "list" || camel.endsWith("s")) return camel;
  return camel.endsWith("y") ? `${camel.slice(0, -1)}ies` : `${camel}s`;
}

/** `schema`, with no more than the properties that `used` names, the outputs among them, and those that must be given. */
export function trimmed(
  schema: Property,
  used: Property | undefined,
  outputs: readonly string[] = [],
): Property {
  const { properties, items } = schema;
  if (items) return { ...schema, items: trimmed(items, used?.items) };
  if (!properties) return schema;
  const kept = Object.entries(properties).flatMap(([name, property]) => {
    const own = used?.properties?.[pulumiName(name, property)];
    const isKept = own !== undefined || property.required || outputs.includes(pulumiName(name, property));
    return isKept ? [[name, trimmed(property, own)] as const] : [];
  });
  return { ...schema, properties: Object.fromEntries(kept) };
}

/** What of `used` the provider would refuse, by path; nothing when all is well. */
export function mismatches(schema: Property, used: Property, path: string): string[] {
  if (schema.type !== used.type)
    return [`${path} is ${used.type} in the SDK, ${schema.type} in the provider`];
  if (schema.items && used.items) return mismatches(schema.items, used.items, `${path}[]`);
  const known = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [pulumiName(name, property), property]),
  );
  const own = used.properties ?? {};
  const missing = Object.entries(known)
    .filter(([name, property]) => property.required && !own[name]?.required)
    .map(([name]) => `${path}.${name} must be given, and the SDK does not ask for it`);
  const wrong = Object.entries(own).flatMap(([name, property]) => {
    const theirs = known[name];
    return theirs ? mismatches(theirs, property, `${path}.${name}`) : [`the provider has no ${path}.${name}`];
  });
  return [...missing, ...wrong];
}

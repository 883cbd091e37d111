/** Generates docs/settings.md from the schema: a table of settings for each key of a stack file. */
import { z } from "zod";
import { siteSchema, unwrap } from "../settings/schema";

const opening = `# Settings

What a stack file (\`Pulumi.<stack>.yaml\`, or \`labs/<lab>.yaml\`) may say, under \`config:\` and the prefix \`lvs-wordpress:\`. A
site needs none of it but what you want to be different. A setting with a dot in it is one of a group, written below that. This page is made from \`settings/schema.ts\` by \`npm run docs\`.
`;

/** The whole page, as Markdown. */
export function settingsPage(): string {
  const sections = Object.entries(siteSchema.shape).map(([key, schema]) => section(key, schema as z.ZodType));
  return [opening, ...sections].join("\n");
}

function section(key: string, schema: z.ZodType): string {
  const inner = unwrap(schema);
  const isList = inner instanceof z.ZodArray;
  const object = unwrap(isList ? (inner.element as z.ZodType) : inner);
  const head = `## ${key}\n\n${schema.description ?? ""}`;
  if (!(object instanceof z.ZodObject))
    return `${head} Takes ${takes(inner)}${defaultOf(schema) === "" ? "" : `; default: ${defaultOf(schema)}`}.\n`;
  return [
    `${head}${isList ? " A list." : ""}`,
    "",
    "| setting | takes | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows(object),
    "",
  ].join("\n");
}

/** A row for each setting of a group. The rows of a nested group follow it. */
function rows(group: z.ZodObject, prefix = ""): string[] {
  return Object.entries(group.shape).flatMap(([name, value]) => {
    const schema = value as z.ZodType;
    const inner = unwrap(schema);
    const cells = [`\`${prefix}${name}\``, takes(inner), defaultOf(schema), schema.description ?? ""];
    const row = `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    return [row, ...(inner instanceof z.ZodObject ? rows(inner, `${prefix}${name}.`) : [])];
  });
}

const code = (value: unknown): string => `\`${String(value)}\``;

function defaultOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodDefault) return code(JSON.stringify(schema.def.defaultValue));
  return schema === unwrap(schema) ? "none: it is needed" : "";
}

function takes(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.map(code).join(", ");
  if (schema instanceof z.ZodNumber) return `${schema.minValue} to ${schema.maxValue}`;
  if (schema instanceof z.ZodBoolean) return "`true`, `false`";
  if (schema instanceof z.ZodObject) return "a group";
  if (schema instanceof z.ZodArray) {
    const each = takes(schema.element as z.ZodType);
    return each === "text" ? "a list of texts" : `a list of ${each}`;
  }
  // Only ports are read as one thing and kept as another.
  return schema instanceof z.ZodPipe ? "ports and ranges" : "text";
}

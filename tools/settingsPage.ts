/** docs/settings.md, made from the schema: a table of settings for each key of a stack file. */
import { z } from "zod";
import { siteSchema, unwrap } from "../settings/schema";

interface Row {
  readonly path: string;
  readonly schema: z.ZodType;
}

const opening = `# Settings

What a stack file (\`Pulumi.<stack>.yaml\`) may say, under \`config:\` and the prefix \`lvs-wordpress:\`. Every setting has a
default: a site needs none but what you want to be different. This page is made from \`settings/schema.ts\` by \`npm run docs\`.
`;

/** The whole page, as Markdown. */
export function settingsPage(): string {
  const sections = Object.entries(siteSchema.shape).map(([key, schema]) => section(key, schema as z.ZodType));
  return [opening, ...sections].join("\n");
}

function section(key: string, schema: z.ZodType): string {
  const inner = unwrap(schema)!;
  const head = `## ${key}\n\n${schema.description ?? ""}`;
  if (inner instanceof z.ZodBoolean)
    return `${head} \`true\` or \`false\`, by default ${defaultOf(schema)}.\n`;
  const list = inner instanceof z.ZodArray;
  const object = unwrap(list ? (inner.element as z.ZodType) : inner) as z.ZodObject;
  const rows = Object.entries(object.shape).map(([name, value]) =>
    row({ path: name, schema: value as z.ZodType }),
  );
  return [
    `${head}${list ? " A list." : ""}`,
    "",
    "| setting | takes | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row({ path, schema }: Row): string {
  const cells = [`\`${path}\``, takes(unwrap(schema)!), defaultOf(schema), schema.description ?? ""];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const defaultOf = (schema: z.ZodType): string =>
  schema instanceof z.ZodDefault ? `\`${JSON.stringify(schema.def.defaultValue)}\`` : "";

function takes(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${String(option)}\``).join(", ");
  if (schema instanceof z.ZodNumber) return `${schema.minValue} to ${schema.maxValue}`;
  if (schema instanceof z.ZodArray) return "a list of texts";
  return "text";
}

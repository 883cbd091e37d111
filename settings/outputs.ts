/**
 * The outputs of a stack: the contract between the program (index.ts), the commands, and other programs that read the
 * stack. docs/outputs.md describes it for readers outside this project.
 */
import { z } from "zod";
import { pathText } from "./problems";
import type { SiteSettings } from "./site";

/**
 * The version of the contract. It goes up by one when a reader of the former version would misread the outputs: an output, or
 * a field of `site`, is removed, is renamed, or has another type or meaning. Adding one leaves the version as it is; code that
 * reads an added field must then accept that a stack has none yet.
 *
 * | version | what changed |
 * |---|---|
 * | 0 | stacks from before there was a version: they have the outputs of version 1, but no `version` |
 * | 1 | `version` |
 */
export const outputsVersion = 1;

export interface StackOutputs {
  /** The version of the contract with which the stack was brought up. 0 for a stack without this output. */
  readonly version: number;
  /** All decided settings: addresses, sizes, services. */
  readonly site: SiteSettings;
  /** The URL for visitors. */
  readonly url: string;
  /** Hash of the image recipe from which the machines were made. */
  readonly imageHash: string;
  /** Secret. The password of WordPress's administrator. Undefined for other content. */
  readonly adminPassword?: string;
  /** Secret. The password of WordPress's database user. Undefined for other content. */
  readonly databasePassword?: string;
  /** The CA that signed the site's certificate, as PEM. Undefined without TLS, or with a certificate of your own. */
  readonly caCertificate?: string;
  /** Secret. The private ssh key that all machines accept, in OpenSSH form. */
  readonly operatorKey: string;
  /** Public ssh host keys in OpenSSH form, by machine name. */
  readonly hostKeys: Readonly<Record<string, string>>;
}

/** Thrown for outputs that this version of the project cannot read. The message says how to go on. */
export class OutputsError extends Error {}

const machine = z.looseObject({ name: z.string(), address: z.string() });
/** The fields that `site` has in every version. The contract's version covers the rest. */
const siteShape = z.looseObject({
  stack: z.string(),
  content: z.string(),
  networks: z.array(z.looseObject({ name: z.string() })).min(1),
  services: z.array(z.looseObject({ name: z.string() })),
  director: machine,
  realServers: z.array(machine),
});

const site = z.custom<SiteSettings>().superRefine((value, context) => {
  for (const { path, message } of siteShape.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: "custom", path, message });
});

/** The engine gives an output that the site does not have as null, or not at all. */
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

const schema = z.object({
  version: z.number().int().min(0).default(0),
  site,
  url: z.string(),
  imageHash: z.string(),
  adminPassword: optionalText,
  databasePassword: optionalText,
  caCertificate: optionalText,
  operatorKey: z.string(),
  hostKeys: z.record(z.string(), z.string()),
}) satisfies z.ZodType<StackOutputs>;

/** The names of all outputs. */
export const outputNames: readonly string[] = Object.keys(schema.shape);

/**
 * Checks the outputs that the engine returned. Leaves out outputs that this version does not know.
 * @throws OutputsError for outputs of a newer version, and for outputs that do not match their version
 */
export function readOutputs(values: Readonly<Record<string, unknown>>): StackOutputs {
  const { version } = values;
  if (typeof version === "number" && version > outputsVersion)
    throw new OutputsError(
      `its outputs have version ${version}, and this checkout reads versions up to ${outputsVersion}: use the checkout that brought it up, or a newer one`,
    );
  const { success, data, error } = schema.safeParse(values);
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`);
  throw new OutputsError(
    `its outputs cannot be read (${problems.join("; ")}): bring it up again with this checkout`,
  );
}

/**
 * The outputs of a stack: the contract between the program (index.ts), the commands and other programs that read the stack.
 * docs/outputs.md describes it for readers outside this project.
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
  /** The version of the contract that the stack was brought up with; 0 for a stack without the output. */
  readonly version: number;
  /** All decided settings: addresses, sizes, services. */
  readonly site: SiteSettings;
  /** Where visitors find the site. */
  readonly url: string;
  /** Hash of the recipe of the image that the machines run on. */
  readonly imageHash: string;
  /** Secret. Of WordPress's administrator; none for other content. */
  readonly adminPassword?: string;
  /** Secret. Of WordPress's user in the database; none for other content. */
  readonly databasePassword?: string;
  /** PEM, of the CA that signed the site's certificate; none without TLS, or with a certificate that was given. */
  readonly caCertificate?: string;
  /** Secret. The private ssh key that all machines accept, in OpenSSH form. */
  readonly operatorKey: string;
  /** Public ssh host keys in OpenSSH form, by machine name. */
  readonly hostKeys: Readonly<Record<string, string>>;
}

/** Thrown for outputs that this version of the project cannot read. */
export class OutputsError extends Error {}

const machine = z.looseObject({ name: z.string(), address: z.string() });
/** What every version of `site` has. The version of the contract covers the rest. */
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

/** An output that the site does not have is null, or is missing altogether. */
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
 * The outputs of a stack as the engine tells them, checked. Outputs that this version does not know are left out.
 * @throws OutputsError for outputs of a newer version, and for outputs that do not have the shape of their version
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

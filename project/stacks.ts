/** Stacks and labs: their files, and the settings in these. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { YAMLParseError, parse } from "yaml";
import { settingsOf, stackFileName } from "../settings/config";
import { defaultUri, isLocal as isLocalUri } from "../settings/hypervisor";
import { projectName, projectRoot } from "./paths";
import { didYouMean } from "../settings/problems";
import { resolveSite } from "../settings/resolve";
import type { SiteSettings } from "../settings/site";
import { UsageError, UserError } from "./userError";

/** The file in which `stack` is written, from the project's root: its own, else that of the ready lab of its name. */
export function stackFile(stack: string): string {
  return stackFileName(stack, (file) => {
    const path = join(projectRoot, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  });
}

const namesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(projectRoot, folder))
    .flatMap((file) => pattern.exec(file)?.[1] ?? [])
    .sort();

/** Names of the stacks that have a file of their own. */
export const stackNames = (): string[] => namesIn(".", /^Pulumi\.(.+)\.yaml$/);

/** Names of the ready labs. */
export const labNames = (): string[] => namesIn("labs", /^(.+)\.yaml$/);

const labs = (): string => `labs: ${labNames().join(", ")}`;

/** `stack`, when there is a stack file or a lab for it. @throws UsageError with the names that there are */
export function requireStack(stack = "dev"): string {
  if (existsSync(join(projectRoot, stackFile(stack)))) return stack;
  const guess = didYouMean(stack, [...stackNames(), ...labNames()]);
  throw new UsageError(
    `there is no Pulumi.${stack}.yaml${guess}; stacks here: ${stackNames().join(", ")}; ${labs()}`,
  );
}

/** `lab`, when that is a ready lab. @throws UsageError with the names that there are */
export function requireLab(lab: string): string {
  const file = `labs/${lab}.yaml`;
  if (stackFile(lab) === file) return lab;
  if (!existsSync(join(projectRoot, file)))
    throw new UsageError(`there is no ${file}${didYouMean(lab, labNames())}; ${labs()}`);
  throw new UsageError(`Pulumi.${lab}.yaml takes the place of ${file}: npm run up -- ${lab}, or remove it`);
}

/** Whether `pulumi config set --secret` has written the value, or a part of it. */
function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = Object.entries(value);
  return entries.some(
    ([key, inner]) => (key === "secure" && typeof inner === "string") || isEncrypted(inner),
  );
}

/**
 * The values of a stack file under their full keys, as Pulumi hands them to a program.
 * @throws UserError for a file that is no YAML
 */
export function stackConfig(stack: string): Record<string, string> {
  const name = stackFile(stack);
  return configIn(readFileSync(join(projectRoot, name), "utf8"), name);
}

function configIn(text: string, name = "the stack file"): Record<string, string> {
  const file = parsed(text, name) as { config?: Record<string, unknown> } | null;
  return Object.fromEntries(
    Object.entries(file?.config ?? {}).map(([key, value]) => {
      if (isEncrypted(value))
        throw new UserError(
          `${key} is encrypted, and only Pulumi's own engine can read it: use pulumi up, or write the value in plain text`,
        );
      return [key, typeof value === "string" ? value : JSON.stringify(value)];
    }),
  );
}

function parsed(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UserError(`${name} is no YAML: ${error.message.trim()}`);
    throw error;
  }
}

/** The project's own values in a stack file's text, prefix left off; nothing is checked yet. */
export const settingsIn = (text: string): Record<string, unknown> => settingsOf(projectName, configIn(text));

/** As settingsIn, of the stack's file. */
export function stackSettings(stack: string): Record<string, unknown> {
  return settingsOf(projectName, stackConfig(stack));
}

/** The site that `text`, in the place of the stack's file, describes. @throws SettingsError with all problems */
export const siteIn = (stack: string, text: string): SiteSettings =>
  resolveSite(stack, settingsIn(text), stackFile(stack));

/** The site that the stack's file describes. @throws SettingsError with all problems of the file */
export const writtenSite = (stack: string): SiteSettings =>
  resolveSite(stack, stackSettings(stack), stackFile(stack));

/** The libvirt connection URI that the stack's file says, or the default. */
export function hypervisorUri(stack: string): string {
  const { uri } = (stackSettings(stack).hypervisor ?? {}) as { uri?: string };
  return uri ?? defaultUri;
}

/** Whether the stack's hypervisor is this machine's own, or a private one of this checkout. */
export function isLocal(stack: string): boolean {
  return isLocalUri(hypervisorUri(stack));
}

/** The libvirt provider on disk that the stack names; empty for the one that Pulumi finds. */
export function providerBinary(stack: string): string {
  const { provider } = (stackSettings(stack).hypervisor ?? {}) as { provider?: string };
  return provider ?? "";
}

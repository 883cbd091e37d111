/** Reads Pulumi's configuration, in this file only: this project's keys of the stack file, as checked settings. */
import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { isLabFile, settingsOf, stackFileName } from "../settings/config";
import { SettingsError } from "../settings/problems";
import { projectFile } from "../settings/projectFile";
import { resolveSite } from "../settings/resolve";
import type { SiteSettings } from "../settings/site";

/** The settings of the present stack. @throws RunError, which Pulumi shows without a stack trace, when the stack file cannot be used */
export function readStackFile(): SiteSettings {
  const stack = pulumi.getStack();
  const settings = settingsOf(pulumi.getProject(), pulumi.runtime.allConfig());
  const file = stackFileName(stack, textOf);
  // Pulumi reads a lab's file only with --config-file. Without it, the default site would take the lab's place.
  if (isLabFile(file) && Object.keys(settings).length === 0)
    throw new pulumi.RunError(
      `${stack} is the lab ${file}, which Pulumi did not read; add --config-file ${file}, or npm run up -- --lab ${stack}`,
    );
  try {
    return resolveSite(stack, settings, file);
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

/**
 * Whether a value of the stack file is encrypted (`pulumi config set --secret`). Values that are derived from it
 * must stay secret too.
 */
export function hasSecrets(): boolean {
  const keys: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
  return Array.isArray(keys) && keys.length > 0;
}

function textOf(file: string): string | undefined {
  const path = projectFile(file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

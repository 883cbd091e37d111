/** The one place that reads Pulumi's configuration: the stack file's keys of this project, as checked settings. */
import * as pulumi from "@pulumi/pulumi";
import { settingsOf } from "../settings/config";
import { type SiteSettings, resolveSite } from "../settings/site";

/** @throws SettingsError when the stack file cannot be used */
export function readStackFile(): SiteSettings {
  return resolveSite(pulumi.getStack(), settingsOf(pulumi.getProject(), pulumi.runtime.allConfig()));
}

/** The ready labs, as their stack files say. */
import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import { resolveSite } from "../../settings/resolve";
import type { SiteSettings } from "../../settings/site";

export const labNames: readonly string[] = readdirSync("labs").map((file) => basename(file, ".yaml"));

/** What the stack file says, the prefix of its keys left off. */
export function labSettings(name: string): Record<string, unknown> {
  const { config } = parse(readFileSync(`labs/${name}.yaml`, "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("lvs-wordpress:", ""), value]),
  );
}

export const lab = (name: string): SiteSettings => resolveSite(name, labSettings(name));

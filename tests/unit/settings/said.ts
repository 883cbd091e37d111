import { SettingsError } from "../../../settings/problems";
import { resolveSite } from "../../../settings/resolve";

/** What is said about a stack file, its first line left off. */
export function saidOf(raw: Record<string, unknown>): string[] {
  try {
    resolveSite("dev", raw);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const [first, ...lines] = error.message.split("\n");
    expect(first).toBe("Pulumi.dev.yaml cannot be used as it is:");
    return lines.map((line) => line.replace(/^ {2}/, ""));
  }
  throw new Error("nothing was said");
}

/** A front network, and one behind the director. */
export const inside = { name: "inside", cidr: "172.16.1.0/24", forward: "none" };

/** Problems of a stack file, with messages that say what to write instead. */
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";

/**
 * A problem: its place in the stack file, such as `services[0].vip`, and a message that says what is wrong and how to
 * fix it.
 */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The path of the site's network `index` in a stack file. */
export const networkPath = (index: number): string => (index === 0 ? "network" : `networks[${index - 1}]`);

/** Returns `headline` and one line below it for each problem. */
export const listing = (headline: string, problems: readonly Problem[]): string =>
  [headline, ...problems.map(({ path, message }) => `  ${path}: ${message}`)].join("\n");

/** Thrown once for a stack file, with all its problems. */
export class SettingsError extends Error {
  constructor(
    file: string,
    readonly problems: readonly Problem[],
  ) {
    super(listing(`${file} cannot be used as it is:`, problems));
    this.name = "SettingsError";
  }
}

/** Converts `["services", 0, "vip"]` to `services[0].vip`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

/**
 * Returns `, did you mean "vip"?` when the closest of `known` is within three edits of `word` (fewer for short
 * words), else an empty text.
 */
export function didYouMean(word: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const guess = closest(word, known);
  return distance(word, guess) <= Math.min(3, Math.max(1, word.length / 2))
    ? `, did you mean "${guess}"?`
    : "";
}

/** Returns the words as `"a", "b" or "c"`. */
export function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** Converts zod's issues to problems. `keysAt` returns the keys that the object at a path may have. */
export function problemsOf(
  error: z.core.$ZodError,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(issue.path);
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: `is not a setting${didYouMean(key, known) || `; known here: ${known.join(", ")}`}`,
      }));
    }
    if (issue.code === "invalid_value") {
      const known = issue.values.map(String);
      const guess = didYouMean(String(issue.input), known);
      const message = `${JSON.stringify(issue.input)} is unknown${guess ? `${guess} Write` : "; write"} ${oneOf(known)}`;
      return [{ path: pathText(issue.path), message }];
    }
    const wrong = issue.code === "invalid_type" && wrongType(issue.expected, keysAt(issue.path));
    const message = wrong
      ? `${found(issue.input) ?? `${JSON.stringify(issue.input)} is ${wrong.what}`}; ${wrong.fix}`
      : issue.message;
    return [{ path: pathText(issue.path), message }];
  });
}

/** The message for a missing value. YAML reads a key without a value as null. */
function found(input: unknown): string | undefined {
  if (input === undefined) return "is missing";
  return input === null ? "is empty" : undefined;
}

/** Why a value is not `expected`, and what to write. Undefined where the schema has its own message. */
function wrongType(expected: string, known: readonly string[]): { what: string; fix: string } | undefined {
  switch (expected) {
    case "object":
      return { what: "no group of settings", fix: `write some of these below it: ${known.join(", ")}` };
    case "array":
      return { what: "no list", fix: 'write entries below it, each after a "-"' };
    case "boolean":
      return { what: "neither true nor false", fix: "write one of them, without quotes" };
    case "string":
      return { what: "no text", fix: "write it in quotes" };
    default:
      return undefined;
  }
}

/** How a command of `lvs` is declared. Help, completion, docs/commands.md and the man page come from these declarations. */
import { coloured } from "../project/cli";
import { table } from "../project/table";

/** The groups of `lvs --help`, in their order. */
export const groups = ["Site", "Look", "Prove", "Operate", "Database and backups", "Develop"] as const;

/** What the shell completes for an argument or an option's value. */
export type Completion =
  "stack" | "lab" | "machine" | "realServer" | "service" | "claim" | "fault" | "file" | "tier" | "shell";

export interface Argument {
  /** `stack` for a required word, `stack?` for an optional one, `claim*` for any number of words. */
  readonly name: string;
  readonly what: string;
  readonly completes?: Completion;
}

export interface Option<Flags extends string = string> {
  /** As commander reads it: `--json`, `--rate <number>` with a value, or `--only <tiers...>` with several. */
  readonly flags: Flags;
  readonly what: string;
  readonly default?: string;
  readonly completes?: Completion;
}

/** The words and options of one call, checked for their number and names only. */
export interface Input {
  /** The words in order; undefined where an optional one was left out. */
  readonly words: readonly (string | undefined)[];
  /** The words of the last argument, when it takes any number. */
  readonly rest: readonly string[];
  has(option: string): boolean;
  /** The value of an option, or its default. */
  value(option: string): string | undefined;
  values(option: string): readonly string[];
}

/** The input of a command with these options: only they can be asked for, each in its own way. */
export interface InputWith<Flags extends string> extends Pick<Input, "words" | "rest"> {
  has(option: Flags extends `${string} ${string}` ? never : Name<Flags>): boolean;
  value(
    option: Flags extends `${string} <${infer V}>` ? (V extends List ? never : Name<Flags>) : never,
  ): Value;
  values(option: Flags extends `${string} <${List}>` ? Name<Flags> : never): readonly string[];
}

type Name<Flags extends string> = Flags extends `--${infer N} ${string}`
  ? N
  : Flags extends `--${infer N}`
    ? N
    : never;
type List = `${string}...`;
type Value = string | undefined;

export interface Command {
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** One line for the list of commands. */
  readonly summary: string;
  /** More about the command, for its own help. */
  readonly more?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Command lines without `lvs`, and what each does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** The words of the last argument are a command of their own, with its options. */
  readonly passThrough?: boolean;
  /** `all` are the commands of `lvs`. Resolves with the exit code; 0 when it resolves with nothing. */
  readonly run: (input: Input, all: readonly Command[]) => Promise<number> | Promise<void>;
}

/** A command as it is declared. Its options are known to the compiler. */
export interface Declaration<Flags extends string> extends Omit<Command, "options" | "run"> {
  readonly options?: readonly Option<Flags>[];
  readonly run: (input: InputWith<Flags>, all: readonly Command[]) => Promise<number> | Promise<void>;
}

/** Returns the declaration as a command of the registry. An option that is not declared cannot be asked for. */
export const defineCommand = <const Flags extends string>(declaration: Declaration<Flags>): Command =>
  declaration;

/** The argument that most commands begin with. */
export const stackArgument: Argument = {
  name: "stack?",
  what: "a stack, or a lab by its name; dev by default",
  completes: "stack",
};

export const jsonOption: Option<"--json"> = { flags: "--json", what: "prints JSON instead of text" };

/** Prints aligned rows on standard output; on a terminal the header is bold. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const [first = "", ...others] = table(header, rows).split("\n");
  console.log([coloured("bold", first), ...others].join("\n"));
}

/** Prints a value as JSON on standard output. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

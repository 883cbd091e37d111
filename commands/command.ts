/** How a command of `lvs` is declared. Help, completion, docs/commands.md and the man page come from these declarations. */

/** The groups of `lvs --help`, in their order. */
export const groups = ["Site", "Look", "Prove", "Operate", "Database and backups", "Develop"] as const;

/** What the shell completes for an argument or an option's value. */
export type Completion =
  "stack" | "lab" | "machine" | "realServer" | "service" | "claim" | "fault" | "file" | "tier";

export interface Argument {
  /** `stack` for a required word, `stack?` for an optional one, `claim*` for any number of words. */
  readonly name: string;
  readonly what: string;
  readonly completes?: Completion;
}

export interface Option {
  /** As commander reads it: `--json`, or `--rate <number>` with a value. */
  readonly flags: string;
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

/** The argument that most commands begin with. */
export const stackArgument: Argument = {
  name: "stack?",
  what: "a stack, or a lab by its name; dev by default",
  completes: "stack",
};

export const jsonOption: Option = { flags: "--json", what: "prints JSON instead of text" };

/** Prints a value as JSON on standard output. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** The command line of `lvs`, built by commander from the declarations of the commands. */
import { Command as Program, CommanderError } from "commander";
import { exitCodes } from "../project/cli";
import type { Argument, Command, Input } from "./command";

/** `stack?` as commander writes it: `[stack]`. */
export function argumentSyntax({ name }: Argument): string {
  if (name.endsWith("*")) return `[${name.slice(0, -1)}...]`;
  return name.endsWith("?") ? `[${name.slice(0, -1)}]` : `<${name}>`;
}

/** `text` as a sentence. */
export const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;

/** The lines that show how a command is used. */
const exampleLines = ({ examples }: Command): string[] =>
  examples.map(([line, what]) => `  lvs ${line}\n      ${what}`);

const exitCodeText = (): string =>
  Object.entries(exitCodes)
    .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
    .join("\n");

const camelCase = (option: string): string =>
  option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What a call gave, by the words and option values that commander found. */
function inputOf(
  command: Command,
  found: readonly unknown[],
  values: Readonly<Record<string, unknown>>,
): Input {
  const isRest = command.arguments?.at(-1)?.name.endsWith("*") ?? false;
  const words = (isRest ? found.slice(0, -1) : found) as (string | undefined)[];
  return {
    words,
    rest: isRest ? ((found.at(-1) ?? []) as string[]) : [],
    has: (option) => values[camelCase(option)] === true,
    value: (option) => values[camelCase(option)] as string | undefined,
    values: (option) => (values[camelCase(option)] ?? []) as string[],
  };
}

/** The program with all commands. `run` is called with the command that was typed. */
export function programOf(
  commands: readonly Command[],
  run: (command: Command, input: Input) => Promise<void>,
): Program {
  const program = new Program("lvs")
    .description(
      "LVS clusters on libvirt virtual machines: created by Pulumi, proven on the running machines.",
    )
    .usage("<command> [options]")
    .enablePositionalOptions()
    .exitOverride()
    .helpCommand("help [command]", "shows the help of a command")
    .addHelpText(
      "after",
      `\nExit codes:\n${exitCodeText()}\n\nlvs <command> --help shows arguments, options and examples.`,
    );
  for (const command of commands) {
    const own = program
      .command(command.name)
      .helpGroup(`${command.group}:`)
      .summary(command.summary)
      .description([sentence(command.summary), command.more].filter(Boolean).join("\n\n"))
      .addHelpText("after", `\nExamples:\n${exampleLines(command).join("\n")}`);
    if (command.passThrough) own.passThroughOptions();
    for (const argument of command.arguments ?? []) own.argument(argumentSyntax(argument), argument.what);
    for (const option of command.options ?? []) own.option(option.flags, option.what, option.default);
    own.action((...all: unknown[]) => {
      // commander hands over the arguments, then the options, then its own command.
      const values = all.at(-2) as Record<string, unknown>;
      return run(command, inputOf(command, all.slice(0, -2), values));
    });
  }
  return program;
}

/** The exit code for an error of commander, which has printed its message already: help is no error. */
export const usageExitCode = (error: CommanderError): number => (error.exitCode === 0 ? 0 : 2);

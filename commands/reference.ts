/** The generated documents: pages about settings, commands and folders, and the man page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../project/cli";
import { projectRoot } from "../project/paths";
import { withRooms } from "../project/roomsPage";
import { settingsPage } from "../project/settingsPage";
import { type Command, groups } from "./command";
import { argumentSyntax, sentence } from "./program";

/** `lvs up [stack] [options]` */
const usage = ({ name, arguments: list = [], options = [] }: Command): string =>
  ["lvs", name, ...list.map(argumentSyntax), ...(options.length > 0 ? ["[options]"] : [])].join(" ");

function commandSection(command: Command): string {
  const { name, summary, more, arguments: list = [], options = [], examples } = command;
  const rows = [
    ...list.map((argument) => `- \`${argumentSyntax(argument)}\`: ${argument.what}`),
    ...options.map(({ flags, what, default: usual }) => {
      const byDefault = usual === undefined ? "" : ` (default: ${usual})`;
      return `- \`${flags}\`: ${what}${byDefault}`;
    }),
  ];
  const lines = examples.map(([line, what]) => `lvs ${line} # ${what}`);
  return [
    `### ${name}`,
    "",
    "```console",
    usage(command),
    "```",
    "",
    [sentence(summary), more].filter(Boolean).join(" "),
    ...(rows.length > 0 ? ["", ...rows] : []),
    "",
    "```sh",
    ...lines,
    "```",
  ].join("\n");
}

/** docs/commands.md. */
export function commandsPage(commands: readonly Command[]): string {
  const sections = groups.map((group) =>
    [`## ${group}`, ...commands.filter((one) => one.group === group).map(commandSection)].join("\n\n"),
  );
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `- \`${code}\`: ${meaning}`);
  return `# Commands

Generated from the commands themselves by \`npm run docs\`. \`bin/lvs\` is the command of a checkout; \`npm run up -- dev\` and
the other npm scripts are the same commands. Every command has \`--help\`.

A stack is named by its file \`Pulumi.NAME.yaml\`, a lab by \`labs/NAME.yaml\`. Bash and zsh complete all names:
\`source <(bin/lvs completion bash)\`.

Exit codes:

${codes.join("\n")}

${sections.join("\n\n")}
`;
}

/** Text in roff: a backslash and a dot or quote at the start of a line have a meaning there. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

/** docs/lvs.1, a page for man(1). */
export function manPage(commands: readonly Command[]): string {
  const entry = (head: string, text: string) => [".TP", `.B ${roff(head)}`, roff(text)];
  const sections = groups.flatMap((group) => [
    `.SS ${roff(group)}`,
    ...commands
      .filter((one) => one.group === group)
      .flatMap((command) => [
        ...entry(usage(command), [sentence(command.summary), command.more].filter(Boolean).join(" ")),
        ...(command.options ?? []).flatMap(({ flags, what }) => [".RS", ...entry(flags, what), ".RE"]),
      ]),
  ]);
  return [
    '.TH LVS 1 "" "lvs\\-wordpress" "User Commands"',
    ".SH NAME",
    "lvs \\- LVS clusters on libvirt virtual machines",
    ".SH SYNOPSIS",
    ".B lvs",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    roff(
      "Creates LVS clusters on libvirt virtual machines with Pulumi, and proves on the running machines that they work.",
    ),
    ".SH COMMANDS",
    ...sections,
    ".SH EXIT STATUS",
    ...Object.entries(exitCodes).flatMap(([code, meaning]) => entry(code, meaning)),
    ".SH EXAMPLES",
    ...commands.flatMap(({ examples }) => examples.flatMap(([line, what]) => entry(`lvs ${line}`, what))),
    "",
  ].join("\n");
}

/** Paths of the generated files, below the project's root, with their text. */
export const generatedFiles = (commands: readonly Command[]): ReadonlyMap<string, string> =>
  new Map([
    ["docs/settings.md", settingsPage()],
    ["docs/commands.md", commandsPage(commands)],
    ["docs/lvs.1", manPage(commands)],
    ["docs/architecture.md", withRooms(readFileSync(join(projectRoot, "docs/architecture.md"), "utf8"))],
  ]);

import { claimsOf } from "../verify/claims";
import { chosenFaults } from "../chaos/faults";
import { labNames, stackFile, stackNames, stackSettings } from "../project/stacks";
import { tierNames } from "../project/testTiers";
import { UsageError } from "../project/userError";
import { resolveSite } from "../settings/resolve";
import { type SiteSettings, machinesOf } from "../settings/site";
import { type Argument, type Command, type Completion, type Option, defineCommand } from "./command";

/** What the shells run: they call `lvs completion words ...` for the candidates, and filter nothing themselves. */
const scripts: Readonly<Record<string, string>> = {
  // bash takes ":" for the end of a word, which claims contain: the part before the last one is cut from each candidate.
  bash: `_lvs() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix
  read -ra words <<<"$line"
  [[ "$line" != *" " ]] || words+=("")
  current="\${words[-1]}"
  prefix="\${current%"\${current##*:}"}"
  mapfile -t COMPREPLY < <("\${words[0]}" completion words "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  [[ "\${COMPREPLY[*]}" != "<file>" ]] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _lvs lvs
`,
  zsh: `#compdef lvs
_lvs() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" completion words "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${candidates[*]}" == "<file>" ]]; then _files; else compadd -a candidates; fi
}
compdef _lvs lvs
`,
};

/** The site of a stack file, when the file can be used. */
function siteOf(stack: string): SiteSettings | undefined {
  try {
    return resolveSite(stack, stackSettings(stack), stackFile(stack));
  } catch {
    return undefined;
  }
}

/** The words that may stand for `completes`, for a stack that was typed before. */
function known(completes: Completion, stack: string): readonly string[] {
  if (completes === "stack") return [...stackNames(), ...labNames()];
  if (completes === "lab") return labNames();
  if (completes === "tier") return tierNames;
  if (completes === "file") return ["<file>"];
  const site = siteOf(stack);
  if (!site) return [];
  switch (completes) {
    case "machine":
      return machinesOf(site).map(({ name }) => name);
    case "realServer":
      return site.realServers.map(({ name }) => name);
    case "service":
      return site.services.map(({ name }) => name);
    case "claim":
      return claimsOf(site).map(({ id }) => id);
    case "fault":
      return chosenFaults(site, []).map(({ name }) => name);
  }
}

const nameOf = ({ flags }: Option): string => flags.split(" ")[0] ?? flags;
const takesValue = ({ flags }: Option): boolean => flags.includes("<");

/** The words of a command before the last one, without options and their values. */
function plainWords({ options = [] }: Command, words: readonly string[]): string[] {
  return words.filter((word, index) => {
    const before = options.find((option) => nameOf(option) === words[index - 1]);
    return !word.startsWith("-") && !(before && takesValue(before));
  });
}

/** The argument that the next word is for. */
function argumentAt(list: readonly Argument[], index: number): Argument | undefined {
  const last = list.at(-1);
  return list[index] ?? (last?.name.endsWith("*") ? last : undefined);
}

/**
 * The candidates for the last of `words`, which follow `lvs` on the command line. \`<file>\` alone stands for the names of files.
 */
export function candidates(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const last = words.at(-1) ?? "";
  const begun = words.slice(0, -1);
  const command = commands.find(({ name }) => name === begun[0]);
  const startingWith = (list: readonly string[]) =>
    list.filter((word) => word === "<file>" || word.startsWith(last));
  if (begun.length === 0) return startingWith([...commands.map(({ name }) => name), "help"]);
  if (!command) return [];
  const { options = [] } = command;
  const valued = options.find((option) => nameOf(option) === begun.at(-1) && takesValue(option));
  const typed = plainWords(command, begun.slice(1));
  const stack = typed[0] ?? "dev";
  if (valued) return valued.completes ? startingWith(known(valued.completes, stack)) : [];
  if (last.startsWith("-")) return startingWith([...options.map(nameOf), "--help"]);
  const argument = argumentAt(command.arguments ?? [], typed.length);
  return argument?.completes ? startingWith(known(argument.completes, stack)) : [];
}

export const completion = defineCommand({
  name: "completion",
  group: "Develop",
  summary: "prints the completion script of a shell",
  more: "It completes commands, options, stacks, labs, machines, services, claims and faults.",
  arguments: [
    { name: "shell", what: "bash or zsh" },
    { name: "words*", what: "what is typed so far, for the scripts" },
  ],
  passThrough: true,
  examples: [
    ["completion bash > ~/.local/share/bash-completion/completions/lvs", "for every bash"],
    ["completion zsh > ~/.zfunc/_lvs", "for every zsh with ~/.zfunc in its fpath"],
  ],
  run({ words: [shell = ""], rest }, all) {
    if (shell === "words") {
      for (const candidate of candidates(rest, all)) console.log(candidate);
      return Promise.resolve();
    }
    const script = scripts[shell];
    if (script === undefined) throw new UsageError(`there is no completion for ${shell}; write bash or zsh`);
    process.stdout.write(script);
    return Promise.resolve();
  },
});

import { claimsOf } from "../verify/claims";
import { chosenFaults } from "../chaos/faults";
import { labNames, stackNames, writtenSite } from "../project/stacks";
import { tierNames } from "../project/testTiers";
import { UsageError } from "../project/userError";
import { type SiteSettings, machinesOf } from "../settings/site";
import { type Argument, type Command, type Completion, type Option, defineCommand } from "./command";

/** What the shells run: they call `lvs completion words ...` for the candidates, and filter nothing themselves. */
const scripts: Readonly<Record<string, string>> = {
  // bash takes ":" for the end of a word, which claims contain: the part before the last one is cut from each candidate.
  bash: `_lvs() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix=""
  read -ra words <<<"$line"
  [[ "$line" != *" " ]] || words+=("")
  current="\${words[-1]}"
  [[ "$COMP_WORDBREAKS" != *:* ]] || prefix="\${current%"\${current##*:}"}"
  mapfile -t COMPREPLY < <("\${words[0]/#\\~/$HOME}" completion words "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  if [[ "\${COMPREPLY[*]}" == "<file>" ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _lvs lvs
`,
  // zsh loads the file from its fpath at the first completion, and then expects the candidates of that one.
  zsh: `#compdef lvs
_lvs() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]/#\\~/$HOME}" completion words "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${candidates[*]}" == "<file>" ]]; then
    _files
  elif [[ -n "\${candidates[*]}" ]]; then
    compadd -a candidates
  fi
}
if [[ "\${funcstack[1]}" == _lvs ]]; then _lvs "$@"; else compdef _lvs lvs; fi
`,
};

/** The site of a stack file, when the file can be used. */
function siteOf(stack: string): SiteSettings | undefined {
  try {
    return writtenSite(stack);
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
  if (completes === "shell") return Object.keys(scripts);
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
const takesSeveral = ({ flags }: Option): boolean => flags.includes("...");

/** What the words before the last one say. */
interface Begun {
  /** The words that are no option and no option's value. */
  readonly plain: readonly string[];
  /** The option whose value is next; a plain word may be next too where it takes several. */
  readonly option?: Option;
}

function read({ options = [], passThrough }: Command, words: readonly string[]): Begun {
  const plain: string[] = [];
  let option: Option | undefined;
  for (const word of words) {
    const isOption = word.startsWith("-") && !(passThrough && plain.length > 0);
    if (isOption) option = options.find((one) => nameOf(one) === word && takesValue(one));
    else if (option && takesSeveral(option)) continue;
    else if (option) option = undefined;
    else plain.push(word);
  }
  return { plain, ...(option && { option }) };
}

/** The argument that the next word is for. */
function argumentAt(list: readonly Argument[], index: number): Argument | undefined {
  const last = list.at(-1);
  return list[index] ?? (last?.name.endsWith("*") ? last : undefined);
}

/** All words that may come next. */
function possible(
  begun: readonly string[],
  isOption: boolean,
  commands: readonly Command[],
): readonly string[] {
  const names = commands.map(({ name }) => name);
  const [first, ...words] = begun;
  if (first === undefined) return isOption ? ["--help"] : [...names, "help"];
  if (first === "help") return words.length === 0 ? names : [];
  const command = commands.find(({ name }) => name === first);
  if (!command) return [];
  const { options = [], arguments: list = [], passThrough } = command;
  const { plain, option } = read(command, words);
  const stack = plain[0] ?? "dev";
  if (option && !(isOption && takesSeveral(option)))
    return option.completes ? known(option.completes, stack) : [];
  if (isOption) return passThrough && plain.length > 0 ? [] : [...options.map(nameOf), "--help"];
  const argument = argumentAt(list, plain.length);
  return argument?.completes ? known(argument.completes, stack) : [];
}

/** The candidates for the last of `words`, which follow `lvs` on the command line. `<file>` alone stands for the names of files. */
export function candidates(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const last = words.at(-1) ?? "";
  return possible(words.slice(0, -1), last.startsWith("-"), commands).filter(
    (word) => word === "<file>" || word.startsWith(last),
  );
}

export const completion = defineCommand({
  name: "completion",
  group: "Develop",
  summary: "prints the completion script of a shell",
  more: "It completes commands, options, stacks, labs, machines, services, claims and faults.",
  arguments: [
    { name: "shell", what: "bash or zsh", completes: "shell" },
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

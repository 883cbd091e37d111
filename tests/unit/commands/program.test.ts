import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import { type Input, defineCommand, groups, jsonOption, printTable } from "../../../commands/command";
import { programOf, usageExitCode } from "../../../commands/program";
import { generatedFiles } from "../../../commands/reference";
import { commands } from "../../../commands/registry";
import { projectRoot } from "../../../project/paths";

interface Call {
  readonly name: string;
  readonly input: Input;
}

/** What a command line calls, and what is printed meanwhile. */
async function parse(line: string): Promise<{ call?: Call; printed: string; error?: CommanderError }> {
  let call: Call | undefined;
  let printed = "";
  const program = programOf(commands, async ({ name }, input) => void (call = { name, input }));
  const output = {
    writeOut: (text: string) => (printed += text),
    writeErr: (text: string) => (printed += text),
  };
  for (const one of [program, ...program.commands]) one.configureOutput(output).exitOverride();
  try {
    await program.parseAsync(line.split(" ").filter(Boolean), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { printed, error };
  }
  return { call, printed };
}

/** The words of a call and the options that were given. */
async function inputOf(line: string, ...options: readonly string[]) {
  const { call, printed } = await parse(line);
  expect([line, call === undefined ? printed : ""]).toEqual([line, ""]);
  const { name, input } = call!;
  return {
    name,
    words: input.words,
    rest: input.rest,
    ...Object.fromEntries(options.map((option) => [option, input.has(option) || input.value(option)])),
  };
}

describe("what was typed before is typed now:", () => {
  test.each<[string, readonly string[], object]>([
    ["up", ["rehearse"], { words: [undefined], rehearse: undefined }],
    ["up dev --rehearse", ["rehearse"], { words: ["dev"], rehearse: true }],
    ["up dev --offline", ["offline"], { words: ["dev"], offline: true }],
    ["up --lab tun", ["lab"], { words: [undefined], lab: "tun" }],
    ["up tun --lab tun", ["lab"], { words: ["tun"], lab: "tun" }],
    ["down tun", [], { words: ["tun"] }],
    ["status dev --show-secrets", ["show-secrets"], { words: ["dev"], "show-secrets": true }],
    [
      "verify dev front-page ports --json",
      ["json"],
      { words: ["dev"], rest: ["front-page", "ports"], json: true },
    ],
    ["ssh dev nfs ls -la --color", [], { words: ["dev", "nfs"], rest: ["ls", "-la", "--color"] }],
    [
      "enter dev curl -s http://172.16.0.40/",
      [],
      { words: ["dev"], rest: ["curl", "-s", "http://172.16.0.40/"] },
    ],
    ["trace fullnat web", [], { words: ["fullnat", "web"] }],
    ["schedulers schedulers --svg a.svg", ["svg"], { words: ["schedulers"], svg: "a.svg" }],
    [
      "chaos ha-dr director-off --rate 2 --json",
      ["rate", "json"],
      { rest: ["director-off"], rate: "2", json: true },
    ],
    ["chaos ha-dr", ["rate", "timeout"], { rest: [], rate: "5", timeout: "5" }],
    ["drain dev rs1", [], { words: ["dev", "rs1"] }],
    ["undrain dev rs1", [], { words: ["dev", "rs1"] }],
    ["failover ha-dr", [], { words: ["ha-dr"] }],
    ["promote dev staging --yes", ["yes"], { words: ["dev", "staging"], yes: true }],
    ["promote-db ha-full --accept-loss", ["accept-loss"], { words: ["ha-full"], "accept-loss": true }],
    ["backup prod /srv", ["list"], { words: ["prod", "/srv"] }],
    ["backup prod --list", ["list"], { words: ["prod", undefined], list: true }],
    ["restore prod a.tar --yes", ["yes"], { words: ["prod", "a.tar"], yes: true }],
    ["bench-up fullnat --rehearse", ["rehearse"], { words: ["fullnat"], rehearse: true }],
    ["bench-forwarding nat-lnmp dr-lnmp", [], { rest: ["nat-lnmp", "dr-lnmp"] }],
  ])("lvs %s", async (line, options, expected) => {
    expect(await inputOf(line, ...options)).toMatchObject({ name: line.split(" ")[0], ...expected });
  });

  test("lvs test --only unit types", async () => {
    const { call } = await parse("test --only unit types");
    expect(call!.input.values("only")).toEqual(["unit", "types"]);
    expect((await parse("test --all")).call!.input.has("all")).toBe(true);
  });
});

describe("help", () => {
  test.each(commands.map(({ name }) => name))("of %s says what it does, with an example", async (name) => {
    const { printed, error } = await parse(`${name} --help`);
    expect(usageExitCode(error!)).toBe(0);
    expect(printed).toMatch(new RegExp(`^Usage: lvs ${name}`));
    expect(printed).toMatch(new RegExp(`Examples:\n  lvs ${name}`));
  });

  test("of lvs names every command in a group, and the exit codes", async () => {
    const { printed } = await parse("--help");
    for (const group of groups) expect(printed).toContain(`${group}:\n`);
    for (const { name } of commands) expect(printed).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(printed).toMatch(/Exit codes:\n {2}0 {4}done.*\n {2}1 /);
  });
});

describe("a wrong word", () => {
  test.each([
    ["statsu", "unknown command 'statsu'\n(Did you mean status?)"],
    ["status --jsn", "unknown option '--jsn'\n(Did you mean --json?)"],
    ["restore dev", "missing required argument 'file'"],
    ["failover a b", "too many arguments for 'failover'"],
  ])("lvs %s ends with 2 and says what is meant", async (line, message) => {
    const { printed, error, call } = await parse(line);
    expect(call).toBeUndefined();
    expect(usageExitCode(error!)).toBe(2);
    expect(printed).toContain(message);
  });
});

test("an option that a command does not declare cannot be asked for", () => {
  const command = defineCommand({
    name: "any",
    group: "Look",
    summary: "any",
    options: [
      jsonOption,
      { flags: "--rate <number>", what: "any" },
      { flags: "--only <words...>", what: "any" },
    ],
    examples: [],
    run(input) {
      const asked = [input.has("json"), input.value("rate"), input.values("only")];
      // @ts-expect-error it is spelled wrong
      input.has("jsn");
      // @ts-expect-error it has a value
      input.has("rate");
      // @ts-expect-error it has several values
      input.value("only");
      return Promise.resolve(asked.length);
    },
  });
  expect(command.name).toBe("any");
});

describe("a table's header", () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  const { FORCE_COLOR } = process.env;
  afterEach(() => {
    if (FORCE_COLOR === undefined) delete process.env.FORCE_COLOR;
    else process.env.FORCE_COLOR = FORCE_COLOR;
  });
  afterAll(() => log.mockRestore());

  test.each([
    ["bold where colour is forced", "1", "\x1b[1ma  b\x1b[0m\n1  2"],
    ["plain where it is forbidden", "0", "a  b\n1  2"],
  ])("is %s", (_, force, text) => {
    process.env.FORCE_COLOR = force;
    printTable(["a", "b"], [["1", "2"]]);
    expect(log).toHaveBeenLastCalledWith(text);
  });
});

test.each([...generatedFiles(commands).keys()])("%s is what npm run docs makes", (file) => {
  expect(readFileSync(join(projectRoot, file), "utf8")).toBe(generatedFiles(commands).get(file));
});

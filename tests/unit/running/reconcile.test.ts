import { machineStates, repairMachines, withoutRepairs } from "../../../running/reconcile";
import type { ExecResult, RunningSite } from "../../../running/runningSite";
import { resolveSite } from "../../../settings/resolve";

const site = resolveSite("dev", { content: "static" });
const ended = (code: number, stdout = "", stderr = ""): ExecResult => ({ code, stdout, stderr });

/** A site of which rs1 answers with `answer`, and all others that nothing differs. */
function siteWhere(answer: (command: string) => ExecResult) {
  const told: string[] = [];
  const exec = (name: string, command: string) => {
    told.push(`${name}: ${command.replace("! command -v lvs-reconcile >/dev/null || ", "")}`);
    return Promise.resolve(name === "rs1" ? answer(command) : ended(0));
  };
  const execOk = async (name: string, command: string) => {
    const { code, stdout, stderr } = await exec(name, command);
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
    return stdout;
  };
  return { running: { site, exec, execOk } as unknown as RunningSite, told };
}

const differencesOf = async (result: ExecResult) => {
  const states = await machineStates(siteWhere(() => result).running);
  return states.find(({ name }) => name === "rs1")?.differences;
};

test.each<[string, ExecResult, string[]]>([
  ["without a difference", ended(0, "last: 10:00 repaired: nginx.service is failed\n"), []],
  ["with differences", ended(1, "differs: one\ndiffers: other\n"), ["one", "other"]],
  ["that has no lvs-reconcile yet", ended(127, "", "lvs-reconcile: command not found"), []],
  ["that takes too long", ended(124, "", "no connection in time"), ["does not answer"]],
  ["whose look ended early", ended(1), ["cannot say what differs: lvs-reconcile ended with 1"]],
  ["whose connection breaks", ended(255), ["does not answer"]],
])("a machine %s says so", async (_what, result, differences) => {
  expect(await differencesOf(result)).toEqual(differences);
});

test("only a machine that differs is repaired, and what stays is told", async () => {
  const { running, told } = siteWhere((command) =>
    command.endsWith("--check") ? ended(1, "differs: one\ndiffers: other\n") : ended(1, "differs: other\n"),
  );
  const said: string[] = [];
  expect(await repairMachines(running, (line) => said.push(line))).toEqual(["rs1: other"]);
  expect(said).toEqual(["rs1: one", "rs1: other"]);
  expect(told.filter((line) => line.endsWith("--repair"))).toEqual(["rs1: lvs-reconcile --repair"]);
});

test("repairs are held and released under one name, also when the act fails", async () => {
  const { running, told } = siteWhere(() => ended(0));
  const hold = { machines: ["rs1", "rs2"], by: "health:web", minutes: 6 };
  await expect(withoutRepairs(running, hold, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(told).toEqual([
    "rs1: lvs-reconcile --hold health:web 6",
    "rs2: lvs-reconcile --hold health:web 6",
    "rs1: lvs-reconcile --release health:web",
    "rs2: lvs-reconcile --release health:web",
  ]);
});

test("nothing is done where a machine does not hold its repairs", async () => {
  const { running, told } = siteWhere((command) => ended(command.includes("--hold") ? 1 : 0, "", "goes on"));
  const act = jest.fn();
  const hold = { machines: ["rs1"], by: "status", minutes: 6 };
  await expect(withoutRepairs(running, hold, act)).rejects.toThrow("rs1: goes on");
  expect(act).not.toHaveBeenCalled();
  expect(told.at(-1)).toBe("rs1: lvs-reconcile --release status");
});

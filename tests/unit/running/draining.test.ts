import { resolveSite } from "../../../settings/resolve";
import { SettingsError } from "../../../settings/problems";
import type { RunningSite } from "../../../running/runningSite";
import { drainOnDirectors, withDrained } from "../../../running/draining";
import { UserError } from "../../../project/userError";

const text = `config:
  lvs-wordpress:content: static
  lvs-wordpress:realServers:
    - name: one # ours
      weight: 2
    - { name: two, weight: 1 }
`;

test("a drained real server says so in the stack file, and nothing else changes", () => {
  const drained = withDrained("any", text, "drain", "one");
  expect(drained).toBe(text.replace("      weight: 2\n", "      weight: 2\n      drained: true\n"));
  expect(withDrained("any", drained, "drain", "one")).toBe(drained);
  expect(withDrained("any", drained, "undrain", "one")).toBe(text);
  expect(withDrained("any", text, "drain", "two")).toContain("{ name: two, weight: 1, drained: true }");
});

test("a file that leaves its real servers to the default keeps them all", () => {
  const drained = withDrained("any", "config:\n  lvs-wordpress:content: static\n", "drain", "rs1");
  expect(drained).toContain("lvs-wordpress:realServers:\n    - drained: true\n    - {}\n");
});

test("the last one that a service has left is refused, with what to do", () => {
  const drained = withDrained("any", text, "drain", "one");
  expect(() => withDrained("any", drained, "drain", "two")).toThrow(SettingsError);
  expect(() => withDrained("any", drained, "drain", "two")).toThrow(
    "services[0]: has only drained real servers (one and two); leave drained out for one of them",
  );
});

test.each([[undefined], ["three"]])("%j is no real server", (server) => {
  expect(() => withDrained("any", text, "drain", server)).toThrow(
    new UserError("usage: npm run drain -- any NAME; real servers: one, two"),
  );
});

describe("the directors of a pair", () => {
  const site = resolveSite("any", { content: "static", directors: 2, director: { manager: "keepalived" } });
  const said = (code: number, stdout = "") => ({ code, stdout, stderr: "" });
  let told: string[];
  const pair = (second: ReturnType<typeof said>, first = said(0, "changed\n")) =>
    ({
      site,
      exec: (name: string, script: string) => {
        told.push(`${name}: ${script}`);
        return Promise.resolve(name === "director" ? first : second);
      },
    }) as unknown as RunningSite;
  const both = ["director: lvs-director drain rs1", "director2: lvs-director drain rs1"];
  beforeEach(() => (told = []));

  test.each([
    ["do it", said(0, "changed\n")],
    ["cannot be reached", said(255)],
  ])("are both told, and keep it where some %s", async (_what, second) => {
    expect(await drainOnDirectors(pair(second), "drain", "rs1")).toHaveLength(2);
    expect(told).toEqual(both);
  });

  test("take it back where the other one refuses", async () => {
    const answers = await drainOnDirectors(pair(said(4)), "drain", "rs1");
    expect(answers.map(({ said: { code } }) => code)).toEqual([0, 4, 0]);
    expect(told).toEqual([...both, "director: lvs-director undrain rs1"]);
  });

  test("leave what was so before", async () => {
    await drainOnDirectors(pair(said(4), said(0, "unchanged\n")), "drain", "rs1");
    expect(told).toEqual(both);
  });
});

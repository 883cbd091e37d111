import { type LookOptions, confirmDown, lookFirst } from "../../../engines/lookFirst";
import type { Plan } from "../../../engines/plan";
import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";

const site = resolveSite("dev", {});
const replacement: Plan = {
  changes: [{ verb: "replace", type: "libvirt:index/domain:Domain", name: "rs1-domain", fields: ["memory"] }],
  unchanged: 40,
};
const nothing: Plan = { changes: [], unchanged: 41 };
const loss: Plan = {
  changes: [{ verb: "delete", type: "libvirt:index/volume:Volume", name: "nfs-data", fields: [] }],
  unchanged: 40,
};

let printed: string[];
beforeEach(() => {
  printed = [];
  jest.spyOn(console, "log").mockImplementation((text: string) => printed.push(text));
});
afterEach(() => jest.restoreAllMocks());

/** What `up` finds where a stack stands as `standing`, as the engine's outputs say. */
const look = (
  plan: Plan,
  planned: SiteSettings,
  options: LookOptions,
  standing: SiteSettings | undefined = site,
) => lookFirst({ plan: () => plan }, JSON.parse(JSON.stringify(standing)) as SiteSettings, planned, options);
const lookAtNothing = (options: LookOptions) =>
  lookFirst({ plan: () => replacement }, undefined, site, options);
const never = () => Promise.reject(new Error("nobody is to be asked"));

test("a stack that is not up is not asked about", async () => {
  expect(await lookAtNothing({ ask: never })).toBe("go");
  expect(printed).toEqual([]);
});

test("its preview is shown all the same", async () => {
  expect(await lookAtNothing({ preview: true, ask: never })).toBe("stop");
  expect(printed.join()).toContain("rs1");
});

test("a replacement is shown and asked for", async () => {
  const questions: string[] = [];
  const ask = (answer: boolean) => (question: string) => {
    questions.push(question);
    return Promise.resolve(answer);
  };
  expect(await look(replacement, site, { ask: ask(true) })).toBe("go");
  expect(await look(replacement, site, { ask: ask(false) })).toBe("stop");
  expect(questions).toEqual(Array(2).fill("dev: this replaces rs1. Go on?"));
  expect(printed.at(-1)).toBe("nothing was changed");
});

test("with yes nobody is asked, and a preview changes nothing", async () => {
  expect(await look(replacement, site, { yes: true, ask: never })).toBe("go");
  expect(await look(replacement, site, { yes: true, preview: true, ask: never })).toBe("stop");
});

test("without a terminal the answer must be given before", async () => {
  const { stdin } = process;
  const isTTY = Object.getOwnPropertyDescriptor(stdin, "isTTY");
  Object.defineProperty(stdin, "isTTY", { value: undefined, configurable: true });
  try {
    await expect(look(replacement, site, {})).rejects.toThrow(
      "dev: this replaces rs1. Go on? There is no terminal to answer: add --yes",
    );
  } finally {
    if (isTTY) Object.defineProperty(stdin, "isTTY", isTTY);
    else Reflect.deleteProperty(stdin, "isTTY");
  }
});

test("where no resource and no setting changes, nothing is to be done", async () => {
  expect(await look(nothing, site, { ask: never })).toBe("unchanged");
  expect(printed.join()).toMatch(/^41 unchanged in \d+ s$/);
});

test("a setting that no resource has is written into the outputs", async () => {
  const other = resolveSite("dev", { protect: false });
  expect(await look(nothing, other, { ask: never })).toBe("go");
});

test("protected data is not lost, whatever is answered", async () => {
  await expect(look(loss, site, { yes: true })).rejects.toThrow(
    "nfs would lose its data, which dev protects: write protect: false and run up first, or leave nfs in the stack file",
  );
  const open = resolveSite("dev", { protect: false });
  expect(await look(loss, open, { yes: true }, open)).toBe("go");
});

test("what stands protected is lost by no edit that also lifts the protection", async () => {
  const lifted = resolveSite("dev", { protect: false });
  await expect(look(loss, lifted, { yes: true })).rejects.toThrow("nfs would lose its data");
});

describe("several real servers that are replaced", () => {
  const both: Plan = {
    changes: ["rs1", "rs2"].map((name) => ({
      verb: "replace",
      type: "libvirt:index/domain:Domain",
      name: `${name}-domain`,
      fields: ["memory"],
    })),
    unchanged: 40,
  };

  test("are reached as before", async () => {
    const larger = resolveSite("dev", { realServers: [{ memoryMiB: 800 }, { memoryMiB: 800 }] });
    expect(await look(both, larger, { yes: true })).toBe("go");
  });

  test.each<[string, Record<string, unknown>]>([
    ["addresses", { realServers: [{ address: "172.16.0.60" }, { address: "172.16.0.61" }] }],
    ["port", { services: [{ port: 8080 }] }],
    ["VIP", { services: [{ vip: "172.16.0.50" }] }],
  ])("are refused with another %s", async (_what, raw) => {
    await expect(look(both, resolveSite("dev", raw), { yes: true })).rejects.toThrow(
      "rs1, rs2 would be replaced, and rs1, rs2 would be reached in another way",
    );
  });

  test("one alone may move", async () => {
    const moved = resolveSite("dev", { realServers: [{ address: "172.16.0.60" }, {}] });
    expect(await look(replacement, moved, { yes: true })).toBe("go");
  });
});

describe("down", () => {
  const open = resolveSite("dev", { protect: false });
  const type = (word: string) => () => Promise.resolve(word);

  test("asks for the name of a stack that keeps content", async () => {
    await confirmDown(open, { ask: type("dev") });
    await expect(confirmDown(open, { ask: type("yes") })).rejects.toThrow("dev stays as it is");
    await confirmDown(open, { yes: true, ask: never });
  });

  test("asks nothing for a lab, for a stack without content, and for one that is not up", async () => {
    await confirmDown(open, { isLab: true, ask: never });
    await confirmDown(resolveSite("dev", { content: "static" }), { ask: never });
    await confirmDown(undefined, { ask: never });
  });

  test("refuses a protected stack and says how to go on", async () => {
    await expect(confirmDown(site, { yes: true })).rejects.toThrow(
      "dev protects the disks of nfs and mysql: write protect: false in its stack file, then npm run up -- dev, and npm run down -- dev",
    );
  });
});

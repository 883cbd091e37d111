import { confirmDown, lookFirst } from "../../../engines/lookFirst";
import type { Plan } from "../../../engines/plan";
import { outputsVersion } from "../../../settings/outputs";
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

/** An engine for a stack that stands as `standing`, or not at all. */
const engine = (plan: Plan, standing: SiteSettings | undefined = site) => ({
  plan: () => plan,
  outputs: () =>
    standing && {
      version: outputsVersion,
      site: JSON.parse(JSON.stringify(standing)) as SiteSettings,
      url: "",
      imageHash: "",
      operatorKey: "",
      hostKeys: {},
    },
});
const none = { plan: () => replacement, outputs: () => undefined };
const never = () => Promise.reject(new Error("nobody is to be asked"));

test("a stack that is not up is not asked about", async () => {
  expect(await lookFirst(none, site, { ask: never })).toBe("go");
  expect(printed).toEqual([]);
});

test("its preview is shown all the same", async () => {
  expect(await lookFirst(none, site, { preview: true, ask: never })).toBe("stop");
  expect(printed.join()).toContain("rs1");
});

test("a replacement is shown and asked for", async () => {
  const questions: string[] = [];
  const ask = (answer: boolean) => (question: string) => {
    questions.push(question);
    return Promise.resolve(answer);
  };
  expect(await lookFirst(engine(replacement), site, { ask: ask(true) })).toBe("go");
  expect(await lookFirst(engine(replacement), site, { ask: ask(false) })).toBe("stop");
  expect(questions).toEqual(Array(2).fill("dev: this replaces rs1. Go on?"));
  expect(printed.at(-1)).toBe("nothing was changed");
});

test("with yes nobody is asked, and a preview changes nothing", async () => {
  expect(await lookFirst(engine(replacement), site, { yes: true, ask: never })).toBe("go");
  expect(await lookFirst(engine(replacement), site, { yes: true, preview: true, ask: never })).toBe("stop");
});

test("without a terminal the answer must be given before", async () => {
  const { stdin } = process;
  const isTTY = Object.getOwnPropertyDescriptor(stdin, "isTTY");
  Object.defineProperty(stdin, "isTTY", { value: undefined, configurable: true });
  try {
    await expect(lookFirst(engine(replacement), site, {})).rejects.toThrow(
      "dev: this replaces rs1. Go on? There is no terminal to answer: add --yes",
    );
  } finally {
    if (isTTY) Object.defineProperty(stdin, "isTTY", isTTY);
    else Reflect.deleteProperty(stdin, "isTTY");
  }
});

test("where no resource and no setting changes, nothing is to be done", async () => {
  expect(await lookFirst(engine(nothing), site, { ask: never })).toBe("unchanged");
  expect(printed.join()).toMatch(/^41 unchanged in \d+ s$/);
});

test("a setting that no resource has is written into the outputs", async () => {
  const other = resolveSite("dev", { protect: false });
  expect(await lookFirst(engine(nothing), other, { ask: never })).toBe("go");
});

test("protected data is not lost, whatever is answered", async () => {
  await expect(lookFirst(engine(loss), site, { yes: true })).rejects.toThrow(
    "nfs would lose its data, which dev protects: write protect: false, and run up, first",
  );
  const open = resolveSite("dev", { protect: false });
  expect(await lookFirst(engine(loss, open), open, { yes: true })).toBe("go");
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
      "dev protects the disks of nfs and mysql: write protect: false in its stack file, run lvs up dev, and then lvs down dev",
    );
  });
});

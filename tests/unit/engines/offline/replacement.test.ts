import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { apply as applyAll, counts } from "./run";
import type { Spec } from "./program";

jest.setTimeout(60_000);

/** Each start of a machine gives it another UUID. */
const virsh = `#!/usr/bin/env bash
set -euo pipefail
shift 3 # -q -c URI
case "$1" in
  define) echo "define $(sed 's|.*<name>\\(.*\\)</name>.*|\\1|' "$2")" >>"$FAKE/log" ;;
  undefine) echo "$*" >>"$FAKE/log" ;;
  domuuid) date +%s%N ;;
  destroy | start) ;;
  *) exit 1 ;;
esac
`;
const ssh = `#!/usr/bin/env bash
echo "\${@: -1}" >>"$FAKE/log"
[[ ! -e "$FAKE/refused" ]]
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-replacement-"));
  mkdirSync(join(folder, "bin"));
  for (const [name, text] of Object.entries({ virsh, ssh })) {
    writeFileSync(join(folder, "bin", name), text);
    chmodSync(join(folder, "bin", name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const apply = (spec: Omit<Spec, "folder">) => {
  writeFileSync(join(folder, "log"), "");
  const PATH = `${join(folder, "bin")}${delimiter}${process.env.PATH}`;
  return applyAll({ folder, ...spec }, { PATH, FAKE: folder });
};
const log = () => readFileSync(join(folder, "log"), "utf8").split("\n").filter(Boolean);

test("a new machine takes nobody's place", () => {
  expect(apply({ machines: { rs1: 256 } }).counts).toEqual(counts({ created: 4 }));
  // Parts of it may be there after a run that was cut off.
  expect(log()).toEqual(["undefine rs1", "define rs1", "job rs1"]);
});

test("before a machine is replaced its command runs, once", () => {
  apply({ machines: { rs1: 256, rs2: 256 } });
  const replaced = apply({ machines: { rs1: 512, rs2: 256 } });
  expect(replaced.counts).toMatchObject({ replaced: 1 });
  expect(log()).toEqual(["hand over rs1", "leave rs1", "undefine rs1", "define rs1", "job rs1"]);
  expect(apply({ machines: { rs1: 512, rs2: 256 } }).counts).toEqual(counts({ unchanged: 8 }));
});

test("if that command fails the machine stays, and the next run tries again", () => {
  apply({ machines: { rs1: 256 } });
  writeFileSync(join(folder, "refused"), "");
  expect(apply({ machines: { rs1: 512 } }).error).toContain("rs1-hands-over ended with 1");
  expect(log()).toEqual(["hand over rs1"]);
  rmSync(join(folder, "refused"));
  expect(apply({ machines: { rs1: 512 } }).counts).toMatchObject({ replaced: 1 });
  expect(log()).toEqual(["hand over rs1", "leave rs1", "undefine rs1", "define rs1", "job rs1"]);
});

test("it runs before a machine is removed too, but not when all are", () => {
  apply({ machines: { rs1: 256, rs2: 256 } });
  apply({ machines: { rs1: 256 } });
  expect(log()).toEqual(["leave rs2", "undefine rs2"]);
  apply({ action: "down" });
  expect(log()).toEqual(["undefine rs1"]);
});

test("a machine that was lost is made anew: the others are told, and it is not asked itself", () => {
  apply({ machines: { rs1: 256, rs2: 256 } });
  apply({ action: "forget", machines: { rs1: 256 } });
  expect(log()).toEqual([]);
  expect(apply({ machines: { rs1: 256, rs2: 256 } }).counts).toMatchObject({ unchanged: 4 });
  expect(log()).toEqual(["leave rs1", "undefine rs1", "define rs1", "job rs1"]);
});

describe("a plan", () => {
  const verbs = (spec: Omit<Spec, "folder" | "action">) => {
    const { plan, keys } = apply({ ...spec, action: "plan" });
    expect(log()).toEqual([]);
    return { verbs: plan?.changes.map(({ verb, name }) => `${verb} ${name}`).toSorted(), keys };
  };

  test("of a new stack makes everything, and nothing of it is made", () => {
    expect(verbs({ machines: { rs1: 256 } })).toEqual({
      verbs: ["create rs1-domain", "create rs1-guest-job", "create rs1-hands-over", "create rs1-leaves"],
      keys: [],
    });
  });

  test("tells what is replaced, and what runs again with it", () => {
    apply({ machines: { rs1: 256, rs2: 256 } });
    const { plan } = apply({ machines: { rs1: 512, rs2: 256 }, action: "plan" });
    expect(plan?.changes.map(({ verb, name, fields }) => [verb, name, fields])).toEqual([
      ["replace", "rs1-domain", ["memory"]],
      ["update", "rs1-leaves", ["triggers"]],
      ["update", "rs1-hands-over", ["triggers"]],
      ["update", "rs1-guest-job", ["triggers"]],
    ]);
    expect(plan?.unchanged).toBe(4);
  });

  test("tells what goes", () => {
    apply({ machines: { rs1: 256, rs2: 256 } });
    expect(verbs({ machines: { rs1: 256 } }).verbs).toEqual([
      "delete rs2-domain",
      "delete rs2-guest-job",
      "delete rs2-hands-over",
      "delete rs2-leaves",
    ]);
  });
});

import { existsSync, readFileSync, statSync } from "node:fs";
import { bundle } from "../../../components/guest";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
  // The same script, keeping things in the guest's folder instead of /var/lib/lvs.
  const text = readFileSync("scripts/guest/apply.sh", "utf8");
  const moved = text.replace("kept=/var/lib/lvs\n", `kept=${guest.path("kept")}\n`);
  expect(moved).not.toBe(text);
  guest.write("lvs-apply", moved);
});
afterEach(() => guest.remove());

const apply = (args: readonly string[], files: Record<string, string> = {}) =>
  guest.run("bash", [guest.path("lvs-apply"), ...args], bundle(files));
const script = (body: string) => ({ "script.sh": `set -euo pipefail\n${body}\n` });

test("files arrive as they were sent, root's alone, and the script runs among them", () => {
  const ended = apply(["job"], {
    ...script("cat data.txt; echo changed"),
    "data.txt": "grüß\n\n",
    empty: "",
  });
  expect(ended).toEqual({ code: 0, stdout: "grüß\n\nchanged\n", stderr: "" });
  expect(guest.read("kept/job/data.txt")).toBe("grüß\n\n");
  expect(existsSync(guest.path("kept/job/empty"))).toBe(true);
  expect(statSync(guest.path("kept")).mode & 0o777).toBe(0o700);
  expect(statSync(guest.path("kept/job")).mode & 0o777).toBe(0o700);
  expect(statSync(guest.path("kept/job/data.txt")).mode & 0o777).toBe(0o600);
});

test("what the script itself makes is readable by all, unless it says otherwise", () => {
  apply(["job"], script(`touch ${guest.path("made")}`));
  expect(statSync(guest.path("made")).mode & 0o777).toBe(0o644);
});

test("arguments reach the script word by word", () => {
  const ended = apply(["job", "one", "two words", "$HOME 'quoted'"], script('printf "<%s>\\n" "$@"'));
  expect(ended.stdout).toBe("<one>\n<two words>\n<$HOME 'quoted'>\n");
});

test("without arguments the script gets none", () => {
  expect(apply(["job"], script('echo "$#"')).stdout).toBe("0\n");
});

test("the script's own exit code is handed on", () => {
  expect(apply(["job"], script("echo broken >&2; exit 7"))).toEqual({
    code: 7,
    stdout: "",
    stderr: "broken\n",
  });
});

test("the script reads nothing from what was sent", () => {
  expect(apply(["job"], script("wc -c")).stdout).toBe("0\n");
});

test("a newer job leaves no file of the older one", () => {
  apply(["job"], { ...script("true"), "old.conf": "old\n" });
  apply(["job"], { ...script("ls"), "new.conf": "new\n" });
  expect(existsSync(guest.path("kept/job/old.conf"))).toBe(false);
  expect(guest.read("kept/job/new.conf")).toBe("new\n");
});

describe("--again", () => {
  test("runs a job once more, with its arguments", () => {
    apply(["job", "one", "two words"], script('printf "<%s>\\n" "$@"'));
    expect(apply(["--again", "job"])).toEqual({ code: 0, stdout: "<one>\n<two words>\n", stderr: "" });
  });

  test("without a name runs every job, and tells the last line of each", () => {
    apply(["first"], script("echo working; echo unchanged"));
    apply(["second"], script("echo working; echo changed"));
    expect(apply(["--again"])).toEqual({
      code: 0,
      stdout: "first: unchanged\nsecond: changed\n",
      stderr: "",
    });
  });

  test("without a name fails when a job does", () => {
    apply(["first"], script("exit 7"));
    expect(apply(["--again"]).code).toBe(7);
  });
});

test("two at once run one after the other", () => {
  const slow = bundle(
    script(`echo in >>${guest.path("order")}; sleep 0.3; echo out >>${guest.path("order")}`),
  );
  guest.write("slow", slow);
  const both = `lvs=${guest.path("lvs-apply")}; bash $lvs one <$1 & bash $lvs two <$1; wait`;
  expect(guest.run("bash", ["-c", both, "-", guest.path("slow")]).code).toBe(0);
  expect(guest.lines("order")).toEqual(["in", "out", "in", "out"]);
});

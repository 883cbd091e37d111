import { localCommand } from "../../../../engines/offline/command";
import { volume } from "../../../../engines/offline/libvirt";
import { mustRun, run } from "../../../../engines/offline/process";
import { providers } from "../../../../engines/offline/providers";
import { randomPassword } from "../../../../engines/offline/secrets";
import { graphOf } from "../../components/graph";
import { context } from "./issue";

const withTls = { tls: {}, services: [{}, { name: "https", port: 443 }] };

test("every resource of a site has its provider", async () => {
  const types = new Set(
    (await graphOf(withTls)).filter(({ type }) => !/^(lvs|pulumi):/.test(type)).map(({ type }) => type),
  );
  expect([...types].sort()).toEqual(Object.keys(providers).sort());
});

test("a password has the length that was asked for, of letters and digits, and is new each time", async () => {
  const make = () => randomPassword.create({ length: 32, special: false }, context);
  const [one, two] = [await make(), await make()];
  expect(one.outputs.result).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(two.outputs.result).not.toBe(one.outputs.result);
});

test("a password with special characters is refused", () => {
  expect(() => randomPassword.create({ length: 32 }, context)).toThrow(
    "the offline engine makes passwords of letters and digits only: set special to false",
  );
});

test("a local command gives what it said, without its last line's end", async () => {
  const made = await localCommand.create({ create: "echo out; echo; echo err >&2" }, context);
  expect(made).toEqual({ id: "thing", outputs: { stdout: "out", stderr: "err" } });
});

test("a failing local command tells its code and the last fifteen lines that it said", async () => {
  const create = "for n in $(seq 20); do echo line $n >&2; done; exit 7";
  const lines = Array.from({ length: 15 }, (_, index) => `line ${index + 6}`);
  await expect(localCommand.create({ create }, context)).rejects.toThrow(
    new Error(["thing ended with 7:", ...lines].join("\n")),
  );
});

test("a program gets its input, also one that does not read it", async () => {
  const input = "x".repeat(1_000_000);
  expect((await run("wc", ["-c"], { input })).stdout).toBe("1000000\n");
  expect((await run("true", [], { input })).code).toBe(0);
});

test("a character that comes in two pieces is one", async () => {
  const { stdout, stderr } = await run("bash", [
    "-c",
    "for out in 1 2; do printf '\\xc3' >&$out; sleep 0.2; printf '\\xbc' >&$out; done",
  ]);
  expect([stdout, stderr]).toEqual(["ü", "ü"]);
});

test("a program that must succeed throws what it said", async () => {
  await expect(mustRun("sh", ["-c", "echo broken >&2; exit 1"])).rejects.toThrow(/^sh .*: broken$/);
  await expect(mustRun("sh", ["-c", "exit 4"])).rejects.toThrow(/^sh .*: exit 4$/);
});

test("a volume stays when only what it was filled with changed, and not when anything else did", () => {
  const before = { name: "a", pool: "p", create: { content: { url: "/one" } } };
  expect(volume.same?.(before, { ...before, create: { content: { url: "/two" } } })).toBe(true);
  expect(volume.same?.(before, { name: "a", pool: "p" })).toBe(true);
  expect(volume.same?.(before, { ...before, name: "b" })).toBe(false);
  expect(volume.same?.(before, { ...before, capacity: 5 })).toBe(false);
});

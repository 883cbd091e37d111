import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkScripts } from "../../../preflight/checkScripts";
import { resolveSite } from "../../../settings/resolve";
import { domain, find, graphOf, ofType } from "./graph";

/** Names of the files that a job lays down. */
async function filesOf(raw: Record<string, unknown>, name = "director-guest-director"): Promise<string[]> {
  const graph = await graphOf({ content: "static", ...raw });
  const stdin = find(graph, name).inputs.stdin as { value: string } | string;
  const text = typeof stdin === "string" ? stdin : stdin.value;
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]!);
}

const keepalived = { director: { manager: "keepalived" } };
const always = ["director.conf", "ipvs.rules", "lvs.nft"];

test("a director with plain rules gets nothing of health checks", async () => {
  const files = await filesOf({});
  expect(files).toEqual(expect.arrayContaining(always));
  expect(files.filter((file) => /keepalived|ldirectord|check|nginx/.test(file))).toEqual([]);
});

test.each<[string, Record<string, unknown>, string, string]>([
  ["keepalived", keepalived, "keepalived.conf", "ldirectord.cf"],
  ["ldirectord", { director: { health: "ldirectord" } }, "ldirectord.cf", "keepalived.conf"],
])("%s gets its configuration and the checks", async (_what, raw, own, other) => {
  const files = await filesOf(raw);
  expect(files).toEqual(expect.arrayContaining([...always, own, "checks.conf", "lvs-check", "lvs-watch"]));
  expect(files).not.toContain(other);
  expect(files).not.toContain("sorry.html");
});

test("a sorry page is on the directors, with the site's certificate", async () => {
  const raw = { ...keepalived, sorryServer: {}, services: [{ port: 443 }], tls: {} };
  expect(await filesOf(raw)).toEqual(
    expect.arrayContaining(["nginx.conf", "sorry.html", "tls.crt", "tls.key"]),
  );
});

test("a pair is two machines with a job each", async () => {
  const graph = await graphOf({ content: "static", directors: 2, ...keepalived });
  expect(ofType(graph, domain).map(({ name }) => name)).toEqual(
    expect.arrayContaining(["director-domain", "director2-domain"]),
  );
  expect(find(graph, "director2-guest-director")).toBeDefined();
});

test("a sorry server of its own stands as real servers do", async () => {
  const raw = { ...keepalived, sorryServer: { on: "machine" } };
  expect(await filesOf(raw, "sorry-guest-sorry-server")).toEqual(
    expect.arrayContaining(["real-server.conf", "lvs-real-server", "nginx.conf", "sorry.html"]),
  );
  expect(await filesOf(raw)).not.toContain("sorry.html");
});

describe("a check's program", () => {
  const folder = mkdtempSync(join(tmpdir(), "lvs-check-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const raw = (script: string) => ({ ...keepalived, services: [{ check: { type: "script", script } }] });
  const siteWith = (script: string) => resolveSite("dev", { content: "static", ...raw(script) });

  test("travels to the directors", async () => {
    const script = join(folder, "good");
    writeFileSync(script, "#!/bin/sh\nexit 0\n");
    expect(() => checkScripts(siteWith(script))).not.toThrow();
    expect(await filesOf(raw(script))).toContain("check-web");
  });

  test("that cannot be read, or is none, is refused by name", () => {
    const missing = join(folder, "missing");
    expect(() => checkScripts(siteWith(missing))).toThrow(
      `services[0].check.script: ${missing} cannot be read (ENOENT); write the path of a program`,
    );
    const text = join(folder, "text");
    writeFileSync(text, "hello\n");
    expect(() => checkScripts(siteWith(text))).toThrow(`${text} does not begin with "#!"`);
  });
});

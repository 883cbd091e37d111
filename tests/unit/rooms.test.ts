import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "../../project/paths";
import { withRooms } from "../../project/roomsPage";
import rooms from "../../rooms.json";

test("docs/architecture.md has the rooms of rooms.json (npm run docs)", () => {
  const page = readFileSync(join(projectRoot, "docs/architecture.md"), "utf8");
  expect(withRooms(page)).toBe(page);
});

test("a page without the markers is refused", () => {
  expect(() => withRooms("# Architecture")).toThrow("docs/architecture.md has no part between");
});

/** What stands right below `folder` and is, or holds, TypeScript of the product. */
const entriesOf = (folder: string): string[] =>
  readdirSync(join(projectRoot, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && !["node_modules", "tests"].includes(name))
    .filter((entry) =>
      entry.isDirectory()
        ? readdirSync(join(projectRoot, folder, entry.name), { recursive: true }).some((name) =>
            String(name).endsWith(".ts"),
          )
        : entry.name.endsWith(".ts"),
    )
    .map(({ name }) => join(folder, name));

test("every folder of the product has a row, and so has all that is right below a room with rows inside", () => {
  expect(entriesOf("").toSorted()).toEqual(rooms.map(({ room }) => room).toSorted());
  for (const { room, inside } of rooms)
    if (inside) expect(entriesOf(room).toSorted()).toEqual(inside.map((one) => one.room).toSorted());
});

describe("npm run lint", () => {
  /** A small project with the rules of this one; resolves to what the linter says of these files. */
  function lint(files: Readonly<Record<string, string>>): { code: number | null; output: string } {
    const folder = mkdtempSync(join(tmpdir(), "lvs-rooms-"));
    try {
      for (const name of [".dependency-cruiser.mjs", "rooms.json", "tsconfig.json", "package.json"])
        copyFileSync(join(projectRoot, name), join(folder, name));
      mkdirSync(join(folder, "scripts/host"), { recursive: true });
      copyFileSync(
        join(projectRoot, "scripts/host/lint-imports.sh"),
        join(folder, "scripts/host/lint-imports.sh"),
      );
      symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
      for (const { room } of rooms)
        if (!room.includes(".")) mkdirSync(join(folder, room), { recursive: true });
      for (const [name, text] of Object.entries({ "index.ts": "", ...files })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const { status, stdout, stderr } = spawnSync("bash", ["scripts/host/lint-imports.sh"], {
        cwd: folder,
        encoding: "utf8",
      });
      return { code: status, output: stdout + stderr };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const some = "export const some = 1;\n";

  test("takes imports that point down", () => {
    const files = { "settings/a.ts": some, "running/b.ts": 'export { some } from "../settings/a";\n' };
    expect(lint(files)).toMatchObject({ code: 0 });
  });

  test("fails on an import that points up, also of a type", () => {
    const files = {
      "verify/a.ts": "export type Some = number;\n",
      "running/b.ts": 'import type { Some } from "../verify/a";\nexport const some: Some = 1;\n',
    };
    const { code, output } = lint(files);
    expect(code).not.toBe(0);
    expect(output).toContain("running-imports: running/b.ts → verify/a.ts");
  });

  test("fails on an import that points up between the folders of a room", () => {
    const files = {
      "verify/wire/a.ts": some,
      "verify/probing/b.ts": 'export { some } from "../wire/a";\n',
    };
    const { code, output } = lint(files);
    expect(code).not.toBe(0);
    expect(output).toContain("verify/probing-imports: verify/probing/b.ts → verify/wire/a.ts");
  });

  test("fails on Pulumi in a room that does not name it", () => {
    const { code, output } = lint({ "running/a.ts": 'export { log } from "@pulumi/pulumi";\n' });
    expect(code).not.toBe(0);
    expect(output).toContain("no-pulumi: running/a.ts");
  });

  test("fails on a circle", () => {
    const files = {
      "verify/a.ts": 'import type { B } from "./b";\nexport interface A { readonly b?: B }\n',
      "verify/b.ts": 'import type { A } from "./a";\nexport interface B { readonly a?: A }\n',
    };
    const { code, output } = lint(files);
    expect(code).not.toBe(0);
    expect(output).toContain("no-circle");
  });
});

import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recipeHash } from "../../../components/goldenImage";
import { find, graphOf } from "./graph";

const hash = recipeHash("trixie");
const hashOf = (checkout: string) => recipeHash("trixie", join(checkout, "scripts/host"));

test("the image is built once a recipe, with half an hour for it", async () => {
  const build = find(await graphOf(), "site-image-build");
  expect(build.inputs).toEqual({ create: `scripts/host/image.sh ${hash}`, triggers: [hash] });
  expect(build.opts.customTimeouts).toEqual({ create: "30m" });
});

test.each([
  ["root", "root.qcow2", "qcow2"],
  ["kernel", "vmlinuz", "raw"],
  ["initrd", "initrd", "raw"],
])("the image's %s is uploaded from %s, under a name that carries the recipe", async (part, file, format) => {
  const made = find(await graphOf(), `site-image-${part}`);
  expect(made.inputs).toEqual({
    name: `${part}-${hash}`,
    pool: "lvs-dev",
    target: { format: { type: format } },
    create: { content: { url: `/cache/built/${file}` } },
  });
  expect(made.opts.replaceOnChanges).toEqual(["*"]);
});

test("a stack that names its image stays on it, whatever the recipe", async () => {
  const graph = await graphOf({ image: { hash: "0123456789ab" } });
  expect(find(graph, "site-image-build").inputs).toEqual({
    create: "scripts/host/image.sh 0123456789ab",
    triggers: ["0123456789ab"],
  });
  expect(find(graph, "site-image-root").inputs.name).toBe("root-0123456789ab");
  expect(find(graph, "rs1-root").inputs.name).toBe("rs1-0123456789ab.qcow2");
});

describe("the recipe's hash", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "lvs-recipe-"));
    for (const path of ["scripts/host/image.sh", "scripts/host/image", "scripts/guest/apply.sh"])
      cpSync(path, join(root, path), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("is twelve hexadecimal digits, wherever the checkout is", () => {
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(hashOf(root)).toBe(hash);
  });

  test.each(["scripts/host/image.sh", "scripts/host/image/packages", "scripts/guest/apply.sh"])(
    "changes with %s",
    (path) => {
      writeFileSync(join(root, path), "changed\n");
      expect(hashOf(root)).not.toBe(hash);
    },
  );

  test("is another one for each Debian release", async () => {
    const bookworm = recipeHash("bookworm");
    expect(bookworm).not.toBe(hash);
    const graph = await graphOf({ image: { suite: "bookworm" } });
    expect(find(graph, "site-image-build").inputs.create).toBe(`scripts/host/image.sh ${bookworm}`);
  });

  test("changes with a file's name", () => {
    const folder = join(root, "scripts/host/image");
    renameSync(join(folder, "packages"), join(folder, "parcels"));
    expect(hashOf(root)).not.toBe(hash);
  });

  test("does not change with what lies beside the recipe", () => {
    writeFileSync(join(root, "scripts/host/setup.sh"), "anything\n");
    expect(hashOf(root)).toBe(hash);
  });
});

import { tmpdir } from "node:os";
import { differing, graphOf } from "./graph";

test("the program finds its files from any working directory", async () => {
  const former = process.cwd();
  // A path from the project's folder, as a stack file gives it.
  const raw = {
    content: "static",
    director: { manager: "keepalived" },
    services: [{ port: 80, check: { type: "script", script: "scripts/host/run.sh" } }],
  };
  const before = await graphOf(raw);
  process.chdir(tmpdir());
  try {
    expect(differing(before, await graphOf(raw))).toEqual([]);
  } finally {
    process.chdir(former);
  }
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../project/paths";
import { defineCommand } from "./command";
import { generatedFiles } from "./reference";

export const docs = defineCommand({
  name: "docs",
  group: "Develop",
  summary: "writes the generated documents: settings, commands, the man page, the folders of architecture.md",
  examples: [["docs", "after a change of settings, commands or import rules"]],
  run(_, all) {
    for (const [file, text] of generatedFiles(all)) writeFileSync(join(projectRoot, file), text);
    return Promise.resolve();
  },
});

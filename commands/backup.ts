import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { stateFolder, typedPath } from "../project/paths";
import { fetchBackup, keptBackups, requireBackups, takeBackup } from "../running/backups";
import { defineCommand, jsonOption, printJson } from "./command";
import { withSite } from "./session";

export const backup = defineCommand({
  name: "backup",
  group: "Database and backups",
  summary: "takes a backup now and copies it here, as one file",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "folder?", what: "where to put the file; .lvs/backups by default", completes: "file" },
  ],
  options: [{ flags: "--list", what: "names the backups that the site keeps" }, jsonOption],
  examples: [
    ["backup prod /srv/backups", "a backup of prod"],
    ["backup prod --list", "what is kept"],
  ],
  run: (input) =>
    withSite(input.words[0], async (running, stack) => {
      const { directory } = requireBackups(running.site);
      if (input.has("list")) {
        const kept = await keptBackups(running);
        if (input.has("json")) printJson({ stack, directory, kept });
        else for (const name of kept) console.log(name);
        return;
      }
      const [, typed] = input.words;
      const folder = typed === undefined ? join(stateFolder, "backups") : typedPath(typed);
      mkdirSync(folder, { recursive: true });
      const name = await takeBackup(running);
      const file = join(folder, name);
      fetchBackup(running, `${directory}/${name}`, file);
      const bytes = statSync(file).size;
      if (input.has("json")) return printJson({ stack, file, bytes });
      console.log(`${file}: ${bytes} bytes, restored into a scratch database for a check`);
      console.log(`restore it with npm run restore -- ${stack} ${file}`);
    }),
});

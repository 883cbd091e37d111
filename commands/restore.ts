import { existsSync } from "node:fs";
import { confirm } from "../project/confirm";
import { typedPath } from "../project/paths";
import { UserError } from "../project/userError";
import { keptBackups, prepareRestore, requireBackups, replaceContent } from "../running/backups";
import type { RunningSite } from "../running/runningSite";
import { defineCommand } from "./command";
import { withSite } from "./session";
import { present } from "../settings/lists";

async function source(
  running: RunningSite,
  directory: string,
  file: string,
): Promise<{ here: string } | { there: string }> {
  const here = typedPath(file);
  if (existsSync(here)) return { here };
  const kept = await keptBackups(running);
  if (kept.includes(file)) return { there: `${directory}/${file}` };
  throw new UserError(
    `there is no file ${here}, and no such kept backup; kept: ${kept.join(", ") || "none"}`,
  );
}

export const restore = defineCommand({
  name: "restore",
  group: "Database and backups",
  summary: "gives the site the content of a backup; a damaged backup changes nothing",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "file", what: "a file here, or the name of a backup that the site keeps", completes: "file" },
  ],
  options: [{ flags: "--yes", what: "does not ask" }],
  examples: [["restore prod prod-20261127T033000Z.tar", "a backup that the site keeps"]],
  run: (input) =>
    withSite(input.words[0], async (running, stack) => {
      const { directory } = requireBackups(running.site);
      console.log(
        await prepareRestore(
          running,
          await source(running, directory, present(input.words[1], "backup to restore")),
        ),
      );
      const question = `The present posts, uploads, themes and plugins of ${stack} will be replaced. Restore?`;
      if (!input.has("yes") && !(await confirm(question))) {
        await running.execOk("nfs", "lvs-restore undo");
        console.log("nothing was touched");
        return 1;
      }
      // Neither Ctrl-C nor a closed terminal may leave the real servers without php-fpm.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
        process
          .removeAllListeners(signal)
          .on(signal, () => console.error("wait: the content is being put in place, or put back"));
      await replaceContent(running, console.error);
      console.log(`${stack} is restored: ${running.outputs.url}`);
      return 0;
    }),
});

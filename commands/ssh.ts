import { spawnSync } from "node:child_process";
import { machinesOf } from "../settings/site";
import { oneOfKnown } from "../project/cli";
import { defineCommand } from "./command";
import { withSite } from "./session";
import { present } from "../settings/lists";

export const ssh = defineCommand({
  name: "ssh",
  group: "Look",
  summary: "opens a shell on a machine, or runs one command there",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "machine", what: "the name of a machine, such as director or rs1", completes: "machine" },
    { name: "command*", what: "a command with its options; a shell by default" },
  ],
  more: "Ends with the exit code of the shell or of the command.",
  passThrough: true,
  examples: [
    ["ssh dev rs1", "a shell on rs1"],
    ["ssh dev director sudo ipvsadm -Ln", "the IPVS table"],
  ],
  run: ({ words, rest: command }) =>
    withSite(words[0], async (running) => {
      const machine = oneOfKnown(
        present(words[1], "machine to log in to"),
        "machine",
        machinesOf(running.site).map(({ name }) => name),
      );
      const [program, ...args] = running.sshCommand(machine);
      const terminal = command.length === 0 && process.stdin.isTTY ? ["-t"] : [];
      const { status } = spawnSync(program, [...terminal, ...args, ...command], { stdio: "inherit" });
      return status ?? 1;
    }),
});

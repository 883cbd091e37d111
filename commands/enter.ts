import { spawnSync } from "node:child_process";
import { engineEnvironment } from "../engines/environment";
import { enterLab } from "../project/beside";
import { projectRoot } from "../project/paths";
import { requireStack } from "../project/stacks";
import { defineCommand, stackArgument } from "./command";

export const enter = defineCommand({
  name: "enter",
  group: "Look",
  summary: "opens a shell on the client's side of the lab, where virsh, curl and pulumi see its machines",
  arguments: [stackArgument, { name: "command*", what: "a command with its options; a shell by default" }],
  more: "Ends with the exit code of the shell or of the command.",
  passThrough: true,
  examples: [
    ["enter dev", "a shell"],
    ["enter dev curl -s http://172.16.0.40/whoami", "one request to the VIP"],
  ],
  run({ words, rest: command }) {
    const stack = requireStack(words[0]);
    enterLab();
    if (command.length === 0)
      console.log(`the client's side of ${stack}; virsh, curl and pulumi see its machines here; exit leaves`);
    const [program = process.env.SHELL ?? "bash", ...args] = command;
    const { status } = spawnSync(program, args, {
      stdio: "inherit",
      cwd: projectRoot,
      env: engineEnvironment(),
    });
    return Promise.resolve(status ?? 1);
  },
});

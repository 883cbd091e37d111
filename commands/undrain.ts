import { outputsOf } from "../engines/engines";
import { setDrained } from "../running/draining";
import { defineCommand } from "./command";

export const undrain = defineCommand({
  name: "undrain",
  group: "Operate",
  summary: "gives a drained real server new clients again",
  more: "Acts on each director at once, and writes the stack file.",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "name?", what: "the name of a real server", completes: "realServer" },
  ],
  examples: [["undrain dev rs1", "after it"]],
  run: ({ words: [stack, server] }) => setDrained("undrain", stack, server, outputsOf),
});

import { outputsOf } from "../engines/engines";
import { setDrained } from "../running/draining";
import { defineCommand } from "./command";

export const drain = defineCommand({
  name: "drain",
  group: "Operate",
  summary: "takes a real server out for maintenance: no new clients, and waits for the ones it has",
  more: "Acts on each director at once, and writes the stack file.",
  arguments: [
    { name: "stack", what: "a stack or a lab", completes: "stack" },
    { name: "name?", what: "the name of a real server", completes: "realServer" },
  ],
  examples: [["drain dev rs1", "before maintenance of rs1"]],
  run: ({ words: [stack, server] }) => setDrained("drain", stack, server, outputsOf),
});

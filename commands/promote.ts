import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { siteSchema } from "../settings/schema";
import { resolveSite } from "../settings/resolve";
import { confirm } from "../project/confirm";
import { fetchEngine } from "../engines/engines";
import { lookFirst } from "../engines/lookFirst";
import { isLocal, settingsIn, stackSettings } from "../project/stacks";
import { hostScript, runCommand } from "../project/beside";
import { projectRoot } from "../project/paths";
import { requireStack, stackFile } from "../project/stacks";
import { UsageError } from "../project/userError";
import { type Difference, type Source, apply, differences, readable } from "../project/shape";
import { defineCommand, printJson, printTable } from "./command";

const pathOf = (stack: string): string => join(projectRoot, stackFile(stack));

/** A stack's settings, and the image that it runs on when it is up. */
async function source(stack: string): Promise<Source> {
  const settings = stackSettings(stack);
  const site = resolveSite(stack, settings, stackFile(stack));
  const engine = await fetchEngine(stack);
  const imageHash = engine.outputs(stack)?.imageHash ?? site.image.hash;
  return { file: siteSchema.parse(settings), site, imageHash };
}

/** Writes the differences into the stack file of `to`, asks, and runs up and verify. Resolves with the exit code. */
async function change(
  from: string,
  to: string,
  found: readonly Difference[],
  isAgreed: boolean,
): Promise<number> {
  const former = readFileSync(pathOf(to), "utf8");
  // Pulumi may have put the salt of a new stack into the file meanwhile; it stays.
  const salt = /^encryptionsalt:.*\n/m;
  const restore = () => {
    const now = salt.exec(readFileSync(pathOf(to), "utf8"))?.[0] ?? "";
    writeFileSync(pathOf(to), former.replace(salt, "") + now);
  };
  const document = parseDocument(former);
  apply(document, found);
  const planned = resolveSite(
    to,
    settingsIn(document.toString()),
    `${stackFile(to)} with the shape of ${from}`,
  );
  writeFileSync(pathOf(to), document.toString());
  let agreement = false;
  try {
    if (isLocal(to)) await hostScript("hypervisor.sh", "start");
    const engine = await fetchEngine(to);
    await lookFirst(engine, engine.outputs(to)?.site, planned, { preview: true });
    agreement = isAgreed || (await confirm(`promote ${from} to ${to}?`));
  } finally {
    if (!agreement) restore();
  }
  if (!agreement) {
    console.log("nothing was changed");
    return 1;
  }
  if (runCommand("up", to, "--yes") && runCommand("verify", to)) {
    console.log(`${to} has the shape of ${from}`);
    return 0;
  }
  console.log(`${to} fails with these settings: restoring the former ones`);
  restore();
  const back = runCommand("up", to, "--yes");
  console.log(
    back ? `${to} is as it was; the promotion failed` : `${to} could not be brought back: see above`,
  );
  return 1;
}

export const promote = defineCommand({
  name: "promote",
  group: "Operate",
  summary: "gives a stack the shape of another one: difference, preview, question, up, verify",
  more: "The shape is services, schedulers, weights, the number of directors and their checks. Addresses, names, sizes and secrets stay. When verify fails, the former settings come back, and up runs again.",
  arguments: [
    { name: "from", what: "the stack to take the shape from", completes: "stack" },
    { name: "to", what: "the stack to change", completes: "stack" },
  ],
  options: [
    { flags: "--yes", what: "does not ask" },
    { flags: "--json", what: "prints the differences as JSON, and changes nothing" },
  ],
  examples: [["promote dev staging", "staging gets what was tried on dev"]],
  async run(input) {
    const [from, to] = input.words.map((stack) => requireStack(stack)) as [string, string];
    if (from === to) throw new UsageError(`${from} is ${to}: nothing to promote`);
    const found = differences(await source(from), await source(to));
    if (input.has("json")) {
      const list = found.map(({ path, ...values }) => ({ setting: path.join("."), ...values }));
      printJson({ from, to, differences: list });
      return 0;
    }
    if (found.length === 0) {
      console.log(`${to} has the shape of ${from} already`);
      return 0;
    }
    printTable(
      ["setting", `${to} now`, `from ${from}`],
      found.map(({ path, before, after }) => [path.join("."), readable(before), readable(after)]),
    );
    console.log();
    return change(from, to, found, input.has("yes"));
  },
});

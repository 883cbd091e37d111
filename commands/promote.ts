/**
 * npm run promote -- FROM TO [--yes]: gives stack TO the shape of stack FROM. Shows the difference and the preview, asks, ups
 * and verifies; when verify fails the former settings come back, and up runs again.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { siteSchema } from "../settings/schema";
import { resolveSite } from "../settings/resolve";
import { confirm } from "../project/confirm";
import { fetchEngine } from "../engines/engines";
import { isLocal, settingsIn, stackSettings } from "../project/stacks";
import { hostScript } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { projectRoot } from "../project/paths";
import { requireStack, stackFile } from "../project/stacks";
import { UserError } from "../project/userError";
import { type Source, apply, differences, readable } from "../project/shape";
import { table } from "../project/table";

const pathOf = (stack: string): string => join(projectRoot, stackFile(stack));

/** A stack's settings, and the image that it runs on when it is up. */
async function source(stack: string): Promise<Source> {
  const settings = stackSettings(stack);
  const site = resolveSite(stack, settings, stackFile(stack));
  const engine = await fetchEngine(stack);
  const imageHash = engine.outputs(stack)?.imageHash ?? site.image.hash;
  return { file: siteSchema.parse(settings), site, imageHash };
}

const npm = (command: string, ...args: string[]): boolean =>
  spawnSync("bash", ["scripts/host/run.sh", command, ...args], { cwd: projectRoot, stdio: "inherit" })
    .status === 0;

runTool(async () => {
  const { words, flags } = parseArgs(["--yes"]);
  if (words.length !== 2) throw new UserError("usage: npm run promote -- FROM TO [--yes]");
  const [from, to] = words.map((stack) => requireStack(stack)) as [string, string];
  if (from === to) throw new UserError(`${from} is ${to}: nothing to promote`);
  const found = differences(await source(from), await source(to));
  if (found.length === 0) {
    console.log(`${to} has the shape of ${from} already`);
    return 0;
  }
  const rows = found.map(({ path, before, after }) => [path.join("."), readable(before), readable(after)]);
  console.log(`${table(["setting", `${to} now`, `from ${from}`], rows)}\n`);

  const former = readFileSync(pathOf(to), "utf8");
  // Pulumi may have put the salt of a new stack into the file meanwhile; it stays.
  const salt = /^encryptionsalt:.*\n/m;
  const restore = () => {
    const now = salt.exec(readFileSync(pathOf(to), "utf8"))?.[0] ?? "";
    writeFileSync(pathOf(to), former.replace(salt, "") + now);
  };
  const document = parseDocument(former);
  apply(document, found);
  resolveSite(to, settingsIn(document.toString()), `${stackFile(to)} with the shape of ${from}`);
  writeFileSync(pathOf(to), document.toString());
  let agreement = false;
  try {
    if (isLocal(to)) await hostScript("hypervisor.sh", "start");
    (await fetchEngine(to)).preview(to);
    agreement = flags.has("--yes") || (await confirm(`promote ${from} to ${to}?`));
  } finally {
    if (!agreement) restore();
  }
  if (!agreement) {
    console.log("nothing was changed");
    return 1;
  }
  if (npm("up", to) && npm("verify", to)) {
    console.log(`${to} has the shape of ${from}`);
    return 0;
  }
  console.log(`${to} does not keep its promises with these settings: putting the former ones back`);
  restore();
  const back = npm("up", to);
  console.log(
    back ? `${to} is as it was; the promotion failed` : `${to} could not be brought back: see above`,
  );
  return 1;
});

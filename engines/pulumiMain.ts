/** usage: pulumiMain.ts up|down|preview STACK CLI: drives the Pulumi command at the path CLI; engines/pulumi.ts starts it. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, Stack, type Workspace } from "@pulumi/pulumi/automation";
import { projectRoot, stateFolder } from "../project/paths";
import { stackFile } from "../project/stacks";
import { Display, countsText } from "./display";
import { EventLines, countsOf, plannedChange } from "./events";
import { whenReaderGoes } from "../project/cli";

// Nobody has to read along: what was begun is finished.
whenReaderGoes(() => undefined);

let interrupted = false;
// Ctrl-C reaches Pulumi itself, which shares this process group: it says so, ends what is under way and keeps the state.
process.on("SIGINT", () => (interrupted = true));

/** The project as the Pulumi command at `cli` sees it. */
async function workspaceWith(cli: string): Promise<Workspace> {
  // The automation API takes a command from PATH, or as bin/pulumi of a folder, which the npm package's is not.
  process.env.PATH = `${dirname(cli)}${delimiter}${process.env.PATH ?? ""}`;
  return LocalWorkspace.create({ workDir: projectRoot, pulumiCommand: await PulumiCommand.get() });
}

/**
 * How Pulumi is told of a lab's file: by a copy, for it writes a salt into what it is given, and labs belong to git. Undefined
 * for a stack that has a file of its own.
 */
function configFile(stack: string): string | undefined {
  const file = stackFile(stack);
  if (!file.startsWith("labs/")) return undefined;
  const copy = join(stateFolder, file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(projectRoot, file), copy);
  return copy;
}

/** Runs `work` on the stack, which is made where it is new. Pulumi puts its salt into Pulumi.STACK.yaml; a lab has no such file. */
async function withStack(
  workspace: Workspace,
  name: string,
  work: (stack: Stack) => Promise<void>,
): Promise<void> {
  const own = join(projectRoot, `Pulumi.${name}.yaml`);
  const isOwn = existsSync(own);
  const tidy = () => {
    if (!isOwn) rmSync(own, { force: true });
  };
  try {
    const stack = await Stack.createOrSelect(name, workspace);
    tidy();
    if (interrupted) throw new Error("interrupted");
    await work(stack);
  } finally {
    tidy();
  }
}

/** Brings the stack up, or takes it down, and shows each resource. @throws when Pulumi failed; what is wrong is shown by then */
async function change(verb: "up" | "destroy", stack: Stack): Promise<void> {
  const started = Date.now();
  const display = new Display();
  const lines = new EventLines(display);
  let stderr = "";
  try {
    await stack[verb]({
      configFile: configFile(stack.name),
      // The history of a stack is read without secrets: with them Pulumi looks for a lab's file, and makes one.
      showSecrets: false,
      onEvent: (event) => lines.take(event),
      onError: (text) => (stderr += text),
    });
  } catch (error) {
    lines.end();
    if (!lines.failed) display.print(stderr.trim() || String(error));
    throw new Shown();
  } finally {
    display.end();
  }
  const counts = lines.counts ? countsText(lines.counts) : "done";
  console.log(`${counts} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** Shows what `up` would change. @throws when Pulumi failed; what is wrong is shown by then */
async function preview(stack: Stack): Promise<void> {
  const display = new Display();
  const lines = new EventLines(display);
  let stderr = "";
  try {
    const { changeSummary } = await stack.preview({
      configFile: configFile(stack.name),
      onEvent: (event) => {
        const planned = plannedChange(event);
        if (planned !== undefined) display.print(planned);
        if (event.diagnosticEvent || event.stdoutEvent) lines.take(event);
      },
      onError: (text) => (stderr += text),
    });
    const { created, updated, replaced, deleted, unchanged } = countsOf(changeSummary);
    console.log(
      `preview: ${created} to create, ${updated} to update, ${replaced} to replace, ${deleted} to delete, ${unchanged} unchanged`,
    );
  } catch (error) {
    if (!lines.failed) display.print(stderr.trim() || String(error));
    throw new Shown();
  } finally {
    display.end();
  }
}

/** Thrown when the reason has been shown. */
class Shown extends Error {}

async function main(verb: string, stack: string, cli: string): Promise<void> {
  const workspace = await workspaceWith(cli);
  if (verb === "preview") await withStack(workspace, stack, preview);
  else await withStack(workspace, stack, (found) => change(verb === "up" ? "up" : "destroy", found));
}

const [verb, stack, cli] = process.argv.slice(2) as [string, string, string];
main(verb, stack, cli).then(
  () => process.exit(0),
  (error: Error) => {
    if (!(error instanceof Shown)) console.error(`error: ${error.message}`);
    process.exit(interrupted ? 130 : 1);
  },
);

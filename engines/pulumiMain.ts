/** usage: pulumiMain.ts up|down|plan STACK CLI, or pulumiMain.ts forget STACK CLI MACHINE... Drives the Pulumi command at path CLI. engines/pulumi.ts starts it. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, Stack, type Workspace } from "@pulumi/pulumi/automation";
import { projectRoot, stateFolder } from "../project/paths";
import { stackFile } from "../project/stacks";
import { isLabFile } from "../settings/config";
import { Display, countsText } from "./display";
import { EventLines, countsOf, plannedChange } from "./events";
import { type Plan, type PlannedChange, domainOf } from "./plan";
import { whenReaderGoes } from "../project/cli";

// A reader of the output may go away (`| head`). The run continues to its end all the same.
whenReaderGoes(() => undefined);

let interrupted = false;
// Ctrl-C also reaches Pulumi, which is in the same process group. Pulumi prints a message, ends what is in progress and
// keeps the state.
process.on("SIGINT", () => (interrupted = true));

/** The project as a workspace of the Pulumi command at `cli`. */
async function workspaceWith(cli: string): Promise<Workspace> {
  // The automation API takes the command from PATH, or as bin/pulumi below a folder. The npm package's command is not in
  // such a place.
  process.env.PATH = `${dirname(cli)}${delimiter}${process.env.PATH ?? ""}`;
  return LocalWorkspace.create({ workDir: projectRoot, pulumiCommand: await PulumiCommand.get() });
}

/**
 * Copies the lab's file and returns the path of the copy, for Pulumi. It is a copy because Pulumi writes a salt
 * into the file, and labs are under version control. Undefined for a stack with a file of its own.
 */
function configFile(stack: string): string | undefined {
  const file = stackFile(stack);
  if (!isLabFile(file)) return undefined;
  const copy = join(stateFolder, file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(projectRoot, file), copy);
  return copy;
}

/**
 * Runs `work` on the stack, which is created if it is new. Pulumi writes its salt into Pulumi.STACK.yaml; a lab
 * has no such file, so it is removed again.
 */
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

/** Brings the stack up or takes it down, and shows each resource. @throws Shown when Pulumi failed, after the reason was printed */
async function change(verb: "up" | "destroy", stack: Stack): Promise<void> {
  const started = Date.now();
  const display = new Display();
  const lines = new EventLines(display);
  let stderr = "";
  try {
    await stack[verb]({
      configFile: configFile(stack.name),
      // Pulumi's history of the stack is read without secrets. With secrets, Pulumi would look for a lab's stack file
      // and create one.
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

/** Prints a Plan as JSON. @throws Shown when Pulumi failed, after the reason was printed */
async function plan(stack: Stack): Promise<void> {
  // Standard output is for the plan.
  const display = new Display(process.stderr);
  const lines = new EventLines(display);
  const changes: PlannedChange[] = [];
  let stderr = "";
  try {
    const { changeSummary } = await stack.preview({
      configFile: configFile(stack.name),
      onEvent: (event) => {
        const change = plannedChange(event);
        if (change) changes.push(change);
        if (event.diagnosticEvent || event.stdoutEvent) lines.take(event);
      },
      onError: (text) => (stderr += text),
    });
    console.log(JSON.stringify({ changes, unchanged: countsOf(changeSummary).unchanged } satisfies Plan));
  } catch (error) {
    if (!lines.failed) display.print(stderr.trim() || String(error));
    throw new Shown();
  } finally {
    display.end();
  }
}

/** Takes the domains of these machines, which libvirt no longer has, out of the state: a refresh of them alone. */
async function forget(stack: Stack, machines: readonly string[]): Promise<void> {
  const { deployment } = await stack.exportStack();
  const { resources = [] } = deployment as { resources?: { urn: string }[] };
  const endings = machines.map((machine) => `:Domain::${domainOf(machine)}`);
  const target = resources.map(({ urn }) => urn).filter((urn) => endings.some((end) => urn.endsWith(end)));
  if (target.length > 0)
    await stack.refresh({ target, configFile: configFile(stack.name), showSecrets: false });
}

/** Thrown after the reason has been printed. */
class Shown extends Error {}

async function main(verb: string, stack: string, cli: string, machines: readonly string[]): Promise<void> {
  const workspace = await workspaceWith(cli);
  if (verb === "forget") return withStack(workspace, stack, (found) => forget(found, machines));
  if (verb === "plan") await withStack(workspace, stack, plan);
  else await withStack(workspace, stack, (found) => change(verb === "up" ? "up" : "destroy", found));
}

const [verb, stack, cli, ...machines] = process.argv.slice(2) as [string, string, string, ...string[]];
main(verb, stack, cli, machines).then(
  () => process.exit(0),
  (error: Error) => {
    if (!(error instanceof Shown)) console.error(`error: ${error.message}`);
    process.exit(interrupted ? 130 : 1);
  },
);

/** The questions of `up` and `down`: they show what will happen, and ask before machines are replaced or content is lost. */
import { isDeepStrictEqual } from "node:util";
import { answerTo, confirm } from "../project/confirm";
import { findOrphans, orphanLines, removeOrphans, virshOf } from "../project/orphans";
import { writtenSite } from "../project/stacks";
import { UserError } from "../project/userError";
import { type SiteSettings, hasWeb, machinesWithData, siteHost } from "../settings/site";
import type { Engine } from "./engine";
import { type MachineChange, machineChanges, planText, reasonToAsk } from "./plan";

export interface LookOptions {
  /** Shows the plan alone. */
  readonly preview?: boolean;
  /** Does not ask. */
  readonly yes?: boolean;
  readonly ask?: (question: string) => Promise<boolean>;
}

/**
 * Shows the plan of a stack that stands as `site`, or of any stack with `preview`. Resolves with what to do next: `go` on with `up`,
 * `stop`, or nothing because all is `unchanged`.
 * @throws UserError when a protected disk would be lost, or when there is nobody to ask
 */
export async function lookFirst(
  engine: Pick<Engine, "plan">,
  site: SiteSettings | undefined,
  planned: SiteSettings,
  { preview = false, yes = false, ask = askOrRefuse }: LookOptions,
): Promise<"go" | "stop" | "unchanged"> {
  const { stack } = planned;
  if (!site && !preview) return "go";
  const started = Date.now();
  const plan = engine.plan(stack);
  const machines = machineChanges(plan, site, planned);
  // A setting that no resource has, such as one for `verify`, is in the outputs alone.
  const isSame = isDeepStrictEqual(site, JSON.parse(JSON.stringify(planned)));
  if (plan.changes.length === 0 && (isSame || preview)) {
    console.log(`${plan.unchanged} unchanged in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    return preview ? "stop" : "unchanged";
  }
  const text = planText(plan, machines);
  if (text !== "") console.log(`\n${text}\n`);
  if (preview) return "stop";
  const lost = machines.filter(({ losesData }) => losesData).map(({ machine }) => machine);
  if (lost.length > 0 && site?.protect)
    throw new UserError(
      `${lost.join(" and ")} would lose ${lost.length > 1 ? "their" : "its"} data, which ${stack} protects: write protect: false and run up first, or leave ${lost.join(" and ")} in the stack file`,
    );
  if (site) refuseMoves(site, planned, machines);
  const why = reasonToAsk(plan, machines);
  if (why === undefined || yes || (await ask(`${stack}: ${why}. Go on?`))) return "go";
  console.log("nothing was changed");
  return "stop";
}

/**
 * Of several real servers that are replaced, each must be reached as before: the directors learn the new ways only at the end.
 * @throws UserError when addresses, ports or the host name change together with them
 */
function refuseMoves(before: SiteSettings, after: SiteSettings, machines: readonly MachineChange[]): void {
  const standing = before.realServers.map(({ name }) => name);
  const replaced = machines
    .filter(({ machine, what }) => what === "replaced" && standing.includes(machine))
    .map(({ machine }) => machine)
    .filter((machine) => after.realServers.some(({ name }) => name === machine));
  const moved = replaced.filter((name) => !isDeepStrictEqual(waysTo(before, name), waysTo(after, name)));
  if (replaced.length > 1 && moved.length > 0)
    throw new UserError(
      `${replaced.join(", ")} would be replaced, and ${moved.join(", ")} would be reached in another way (address, port, scheme or host name): change one real server at a time, or the services first and the machines afterwards`,
    );
}

/** How a director reaches a real server and asks whether it is ready. */
const waysTo = (site: SiteSettings, name: string) => [
  ...(hasWeb(site) ? [siteHost(site)] : []),
  ...site.services.flatMap(({ protocol, listeners, destinations }) =>
    destinations
      .filter((one) => one.name === name)
      .map(({ address, port }) => [protocol, address, port, listeners[0].application, listeners[0].from]),
  ),
];

/** @throws UserError without a terminal */
function requireTerminal(question: string): void {
  if (!process.stdin.isTTY)
    throw new UserError(`${question.trim()} There is no terminal to answer: add --yes`);
}

function askOrRefuse(question: string): Promise<boolean> {
  requireTerminal(question);
  return confirm(question);
}

function askForName(question: string): Promise<string> {
  requireTerminal(question);
  return answerTo(question);
}

/**
 * Lists what a stack has in libvirt, asks, and removes it. Resolves with false when the answer is no.
 * @throws UserError when there is nobody to ask
 */
export async function askForOrphans(stack: string, yes: boolean, ask = askForName): Promise<boolean> {
  const site = writtenSite(stack);
  const virsh = virshOf(site);
  const found = findOrphans(site, virsh);
  const lines = orphanLines(found, stack);
  if (lines.length === 0) {
    console.log(`libvirt has nothing of ${stack}`);
    return true;
  }
  console.log(lines.join("\n"));
  const question = `this removes all of them, with their content. Type ${stack} to go on: `;
  if (!yes && (await ask(question)) !== stack) {
    console.log("nothing was changed");
    return false;
  }
  removeOrphans(found, stack, virsh);
  return true;
}

/**
 * Asks for the name of a stack that keeps content before it is taken down.
 * @throws UserError when its disks are protected, when another name is typed, or when there is nobody to ask
 */
export async function confirmDown(
  site: SiteSettings | undefined,
  {
    yes = false,
    isLab = false,
    ask = askForName,
  }: { yes?: boolean; isLab?: boolean; ask?: typeof askForName },
): Promise<void> {
  const keepers = site ? machinesWithData(site).map(({ name }) => name) : [];
  if (!site || keepers.length === 0) return;
  const { stack } = site;
  if (site.protect)
    throw new UserError(
      `${stack} protects the disks of ${keepers.join(" and ")}: write protect: false in its stack file, then npm run up -- ${stack}, and npm run down -- ${stack}`,
    );
  if (isLab || yes) return;
  const typed = await ask(`${stack} loses the content of ${keepers.join(" and ")}. Type ${stack} to go on: `);
  if (typed !== stack) throw new UserError(`${stack} stays as it is`);
}

/** Takes a real server out for maintenance and back in, for the commands `drain` and `undrain`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { didYouMean } from "../settings/problems";
import { bracketed, directorsOf } from "../settings/site";
import type { StackOutputs } from "../settings/outputs";
import { RunningSite, type ExecResult } from "./runningSite";
import { enterLab } from "../project/beside";
import { projectRoot } from "../project/paths";
import { requireStack, siteIn, stackFile } from "../project/stacks";
import { UsageError } from "../project/userError";
import { writeSetting } from "../project/shape";
import { present } from "../settings/lists";
import { parseListing } from "./ipvsTable";

/** Exit codes of lvs-director: unknown real server, or last real server of a service. */
const refusals = [2, 4];

type Command = "drain" | "undrain";

/**
 * Returns the text of a stack file in which `server` is drained, or no longer drained. Comments and all other settings stay.
 * @throws UsageError when `server` is no real server, SettingsError when a service would have no real server left
 */
export function withDrained(
  stack: string,
  text: string,
  command: Command,
  server: string | undefined,
): string {
  const document = parseDocument(text);
  const site = () => siteIn(stack, document.toString());
  const names = site().realServers.map(({ name }) => name);
  if (server === undefined || !names.includes(server)) {
    const guess = server === undefined ? "" : didYouMean(server, names);
    throw new UsageError(
      `usage: npm run ${command} -- ${stack} NAME${guess}; real servers: ${names.join(", ")}`,
    );
  }
  const path = ["realServers", names.indexOf(server), "drained"];
  writeSetting(document, path, command === "drain" ? true : undefined);
  site();
  return document.toString({ lineWidth: 0 });
}

interface Answer {
  readonly name: string;
  readonly said: ExecResult;
}

const isRefusal = ({ said }: Answer): boolean => refusals.includes(said.code);

/** Runs the command on each director. When one refuses, the others undo it. */
export async function drainOnDirectors(
  running: RunningSite,
  command: Command,
  server: string,
): Promise<readonly Answer[]> {
  const tell = async (name: string, what: Command): Promise<Answer> => ({
    name,
    said: await running.exec(name, `lvs-director ${what} ${server}`),
  });
  const answers = await Promise.all(directorsOf(running.site).map(({ name }) => tell(name, command)));
  if (!answers.some(isRefusal)) return answers;
  const did = answers.filter(({ said }) => said.code === 0 && /^changed$/m.test(said.stdout));
  const undone = await Promise.all(
    did.map(({ name }) => tell(name, command === "drain" ? "undrain" : "drain")),
  );
  return [...answers, ...undone];
}

/** Drains or undrains on each director at once, and writes the stack file, from which a new director gets it. Resolves with the exit code. */
export async function setDrained(
  command: Command,
  name: string | undefined,
  server: string | undefined,
  outputsOf: (stack: string) => StackOutputs,
): Promise<number> {
  const stack = requireStack(name);
  const path = join(projectRoot, stackFile(stack));
  const text = () => withDrained(stack, readFileSync(path, "utf8"), command, server);
  // Refuses what the stack file must not say, before a director is changed.
  text();
  const drained = present(server, "name of a real server");
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    await running.findActiveDirector();
    const answers = await drainOnDirectors(running, command, drained);
    const failed = answers.filter(({ said }) => said.code !== 0);
    for (const { name: director, said } of failed)
      console.error(`${director}: ${said.stderr.trim() || `exit ${said.code}`}`);
    if (failed.some(isRefusal)) return 1;
    writeFileSync(path, text());
    if (failed.length > 0) {
      console.error(
        `${stackFile(stack)} says it; type it again when ${failed.map((one) => one.name).join(" and ")} can be reached`,
      );
      return 1;
    }
    console.log(command === "drain" ? await leave(running, drained) : `${drained} takes new clients again`);
    return 0;
  } finally {
    running.close();
  }
}

/** Waits until the last connection has ended, at most for the director's drainSeconds. Resolves with a sentence for people. */
async function leave(running: RunningSite, server: string): Promise<string> {
  const { drainSeconds } = running.site.director;
  const deadline = Date.now() + drainSeconds * 1000;
  for (;;) {
    const open = await activeConnections(running, server);
    if (open === 0) return `${server} takes no new clients, and has none left`;
    if (Date.now() > deadline)
      return `${server} takes no new clients; ${open} connections go on after ${drainSeconds} s`;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function activeConnections(running: RunningSite, server: string): Promise<number> {
  const destinations = running.site.services.flatMap((service) => service.destinations);
  const addresses = destinations.filter(({ name }) => name === server).map(({ address }) => address);
  const listing = await running.execOk(running.site.director.name, "ipvsadm -Ln");
  return [...parseListing(listing).values()]
    .flat()
    .filter(({ endpoint }) => addresses.some((address) => endpoint.startsWith(`${bracketed(address)}:`)))
    .reduce((sum, { numbers: [, active = 0] }) => sum + active, 0);
}

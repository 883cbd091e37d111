/** Takes a real server out for maintenance, and back in: what `drain` and `undrain` share. */
import { bracketed, directorsOf } from "../settings/site";
import { outputsOf } from "./engines";
import { Lab } from "./lab";
import { UserError, enterLab, parseArgs, requireStack } from "./project";

/** Exit code of lvs-director, when a service would have nobody left. */
const refused = 4;

/** Both directors of a pair keep it by themselves; `up` leaves it alone. */
export async function setDrained(command: "drain" | "undrain"): Promise<number> {
  const [name, server] = parseArgs([]).words;
  const stack = requireStack(name);
  enterLab();
  const lab = new Lab(outputsOf(stack));
  try {
    const known = lab.site.realServers.map((one) => one.name);
    if (server === undefined || !known.includes(server))
      throw new UserError(`usage: npm run ${command} -- ${stack} NAME; real servers: ${known.join(", ")}`);
    await lab.findActiveDirector();
    const answers = await Promise.all(
      directorsOf(lab.site).map(async (director) => ({
        name: director.name,
        said: await lab.ask(director.name, `lvs-director ${command} ${server}`),
      })),
    );
    const failed = answers.filter(({ said }) => said.code !== 0);
    for (const { name: director, said } of failed)
      console.error(`${director}: ${said.stderr.trim() || `exit ${said.code}`}`);
    if (failed.some(({ said }) => said.code === refused)) return 1;
    if (failed.length > 0) {
      console.error(`type it again when ${failed.map((one) => one.name).join(" and ")} can be reached`);
      return 1;
    }
    console.log(command === "drain" ? await leave(lab, server) : `${server} takes new clients again`);
    return 0;
  } finally {
    lab.close();
  }
}

/** Waits until the last connection has ended, or the director's drainSeconds are over. */
async function leave(lab: Lab, server: string): Promise<string> {
  const { drainSeconds } = lab.site.director;
  const deadline = Date.now() + drainSeconds * 1000;
  for (;;) {
    const open = await activeConnections(lab, server);
    if (open === 0) return `${server} takes no new clients, and has none left`;
    if (Date.now() > deadline)
      return `${server} takes no new clients; ${open} connections go on after ${drainSeconds} s`;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function activeConnections(lab: Lab, server: string): Promise<number> {
  const destinations = lab.site.services.flatMap((service) => service.destinations);
  const addresses = destinations.filter(({ name }) => name === server).map(({ address }) => address);
  const listing = await lab.tell(lab.site.director.name, "ipvsadm -Ln");
  return listing
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([arrow, endpoint = ""]) =>
        arrow === "->" && addresses.some((a) => endpoint.startsWith(`${bracketed(a)}:`)),
    )
    .reduce((sum, columns) => sum + Number(columns[4]), 0);
}

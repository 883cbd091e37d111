/** npm run status [-- STACK] [--show-secrets]: the machines, their services, and the IPVS table. */
import { databaseHealth } from "./database";
import { outputsOf } from "./engines";
import { gather } from "./health";
import { Lab } from "./lab";
import { enterLab, parseArgs, requireStack, runTool } from "./project";
import { table } from "./table";

runTool(async () => {
  const { words, flags } = parseArgs(["--show-secrets"]);
  const stack = requireStack(words[0]);
  enterLab();
  const lab = new Lab(outputsOf(stack));
  try {
    const [machines, database] = await Promise.all([gather(lab), databaseHealth(lab)]);
    const rows = machines.map(({ name, role, address, reachable, up, services }) => [
      name,
      role,
      address,
      reachable ? `up ${up}` : "unreachable",
      Object.entries(services)
        .map(([service, state]) => `${service} ${state}`)
        .join(", "),
    ]);
    console.log(`${stack}: ${lab.outputs.url}`);
    if (flags.has("--show-secrets") && lab.outputs.adminPassword !== undefined)
      console.log(`${lab.site.wordpress.adminUser}: ${lab.outputs.adminPassword}`);
    console.log(`\n${table(["machine", "role", "address", "state", "services"], rows)}\n`);
    if (database) console.log(`${database.text}\n`);
    console.log(
      (await lab.ask("director", "ipvsadm -Ln", 20_000)).stdout.trimEnd() || "the director does not answer",
    );
    const well = machines.every(
      ({ reachable, services }) => reachable && Object.values(services).every((state) => state === "active"),
    );
    return well && database?.well !== false ? 0 : 1;
  } finally {
    lab.close();
  }
});

/**
 * npm run status [-- STACK] [--show-secrets]: the machines, their services, the database's machines, the IPVS table, what
 * directors noticed, and backups.
 */
import { backupState } from "../running/backups";
import { cronHolder } from "../running/cron";
import { databaseHealth } from "../running/database";
import { directorLines, viewDirectors } from "../running/directors";
import { outputsOf } from "../engines/engines";
import { gather } from "../running/health";
import { RunningSite } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { table } from "../project/table";

runTool(async () => {
  const { words, flags } = parseArgs(["--show-secrets"]);
  const stack = requireStack(words[0]);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    const [machines, directors, database, backups] = await Promise.all([
      gather(running),
      viewDirectors(running),
      databaseHealth(running),
      backupState(running),
    ]);
    const active = directors.find(({ role }) => role === "master" || role === "single") ?? directors[0]!;
    const rows = machines.map(({ name, role, address, reachable, up, services }) => [
      name,
      role,
      address,
      reachable ? `up ${up}` : "unreachable",
      Object.entries(services)
        .map(([service, state]) => `${service} ${state}`)
        .join(", "),
    ]);
    console.log(`${stack}: ${running.outputs.url}`);
    if (flags.has("--show-secrets") && running.outputs.adminPassword !== undefined)
      console.log(`${running.site.wordpress.adminUser}: ${running.outputs.adminPassword}`);
    console.log(`\n${table(["machine", "role", "address", "state", "services"], rows)}\n`);
    if (database) console.log(`${database.text}\n`);
    if (running.site.content === "wordpress" && running.site.layDown)
      console.log(`wp-cron: ${await cronHolder(running)}\n`);
    const listing = (await running.exec(active.name, "ipvsadm -Ln", 20_000)).stdout.trimEnd();
    console.log(listing || "the director does not answer");
    const told = directorLines(running, directors);
    if (told.length > 0) console.log(`\n${told.join("\n")}`);
    if (backups) console.log(`\nbackup: ${backups.text}`);
    const well = machines.every(
      ({ reachable, services }) => reachable && Object.values(services).every((state) => state === "active"),
    );
    const agreed = directors.every(({ disagreements }) => disagreements.length === 0);
    return well && agreed && database?.well !== false && backups?.well !== false ? 0 : 1;
  } finally {
    running.close();
  }
});

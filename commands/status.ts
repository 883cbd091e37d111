import { backupState } from "../running/backups";
import { cronHolder } from "../running/cron";
import { databaseHealth } from "../running/database";
import { directorLines, pairProblem, viewDirectors } from "../running/directors";
import { healthOf } from "../running/health";
import { machineStates, stateLines } from "../running/reconcile";
import { defineCommand, jsonOption, printJson, printTable, stackArgument } from "./command";
import { withSite } from "./session";

export const status = defineCommand({
  name: "status",
  group: "Look",
  summary: "shows machines, services, what differs, the IPVS table, directors, database and backups",
  more: "Exit code 0 when every service runs, no machine differs from what up laid down, the directors agree with their probes, exactly one of a pair holds the VIPs, and database and backups are well.",
  arguments: [stackArgument],
  options: [{ flags: "--show-secrets", what: "shows WordPress's administrator password too" }, jsonOption],
  examples: [
    ["status", "the dev site"],
    ["status ha-full --json", "for a script"],
  ],
  run: (input) =>
    withSite(input.words[0], async (running, stack) => {
      const [machines, states, directors, database, backups] = await Promise.all([
        healthOf(running),
        machineStates(running),
        viewDirectors(running),
        databaseHealth(running),
        backupState(running),
      ]);
      const { site, outputs } = running;
      const active = directors.find(({ role }) => role === "master" || role === "single") ?? directors[0];
      const cron = site.content === "wordpress" && site.layDown ? await cronHolder(running) : undefined;
      const listing = (await running.exec(active.name, "ipvsadm -Ln", 20_000)).stdout.trimEnd();
      const servicesRun = machines.every(
        ({ reachable, services }) =>
          reachable && Object.values(services).every((state) => state === "active"),
      );
      const agreed =
        directors.every(({ disagreements }) => disagreements.length === 0) &&
        pairProblem(running, directors) === undefined;
      const isAsMade = states.every(({ differences }) => differences.length === 0);
      const well = servicesRun && isAsMade && agreed && database?.well !== false && backups?.well !== false;
      const password = input.has("show-secrets") ? outputs.adminPassword : undefined;
      if (input.has("json")) {
        const user =
          password === undefined ? {} : { adminUser: site.wordpress.adminUser, adminPassword: password };
        printJson({
          stack,
          well,
          url: outputs.url,
          ...user,
          machines: machines.map((machine) => ({
            ...machine,
            ...states.find(({ name }) => name === machine.name),
          })),
          directors,
          database,
          backups,
          cron,
          listing,
        });
        return well ? 0 : 1;
      }
      const rows = machines.map(({ name, role, address, reachable, up, services }) => [
        name,
        role,
        address,
        reachable ? `up ${up}` : "unreachable",
        Object.entries(services)
          .map(([service, state]) => `${service} ${state}`)
          .join(", "),
      ]);
      console.log(`${stack}: ${outputs.url}`);
      if (password !== undefined) console.log(`${site.wordpress.adminUser}: ${password}`);
      console.log();
      printTable(["machine", "role", "address", "state", "services"], rows);
      console.log();
      if (database) console.log(`${database.text}\n`);
      if (cron !== undefined) console.log(`wp-cron: ${cron}\n`);
      console.log(listing || "the director does not answer");
      const told = directorLines(running, directors);
      if (told.length > 0) console.log(`\n${told.join("\n")}`);
      const differing = stateLines(states, stack);
      if (differing.length > 0) console.log(`\n${differing.join("\n")}`);
      if (backups) console.log(`\nbackup: ${backups.text}`);
      return well ? 0 : 1;
    }),
});

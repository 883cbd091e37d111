/** Whether every machine has the memory for what it does. */
import type { Problem } from "../problems";
import type { StackFile } from "../schema";
import { type MachineSettings, type SiteSettings, machinesOf } from "../site";
import {
  minimumMemoryMiB,
  mysqlMemoryMiB,
  phpChildren,
  realServerMemoryMiB,
  spareConnections,
} from "../sizing";

export function memoryProblems(site: SiteSettings, file: StackFile): Problem[] {
  // Of the database's two machines, which are alike, one is told of.
  const judged = machinesOf(site).filter(({ name }) => name !== site.replica?.name);
  const tooSmall = judged.flatMap((machine) => {
    const least = minimumMemoryMiB(machine.role, site.content);
    const message = `${machine.memoryMiB} MiB is too small for ${machine.name}; write at least ${least}`;
    return machine.memoryMiB < least ? [{ path: `${pathOf(site, machine)}.memoryMiB`, message }] : [];
  });
  if (tooSmall.length > 0) return tooSmall;
  return [
    ...(site.content === "static" ? [] : phpProblems(site, file)),
    ...(site.mysql ? mysqlProblems(site, site.mysql) : []),
  ];
}

function pathOf(site: SiteSettings, machine: MachineSettings): string {
  const index = site.realServers.findIndex((server) => server.name === machine.name);
  if (index >= 0) return `realServers[${index}]`;
  return machine.role === "mysql" ? "mysql" : machine.name;
}

function phpProblems(site: SiteSettings, file: StackFile): Problem[] {
  if (file.php.maxChildren === undefined) return [];
  return site.realServers
    .filter((server) => realServerMemoryMiB(server.phpChildren) > server.memoryMiB)
    .map((server) => ({
      path: "php.maxChildren",
      message: `${server.phpChildren} children need ${realServerMemoryMiB(server.phpChildren)} MiB and ${server.name} has ${server.memoryMiB}; write at most ${phpChildren(server.memoryMiB)}, or give it more memory`,
    }));
}

function mysqlProblems(site: SiteSettings, mysql: NonNullable<SiteSettings["mysql"]>): Problem[] {
  const problems: Problem[] = [];
  const children = site.realServers.reduce((sum, server) => sum + server.phpChildren, 0);
  if (children + spareConnections > mysql.maxConnections)
    problems.push({
      path: "mysql.maxConnections",
      message: `${mysql.maxConnections} is too few for ${children} php-fpm children; write at least ${children + spareConnections}`,
    });
  const needed = mysqlMemoryMiB(mysql.maxConnections);
  if (needed > mysql.memoryMiB)
    problems.push({
      path: "mysql.memoryMiB",
      message: `${mysql.memoryMiB} MiB is too small for ${mysql.maxConnections} connections; write at least ${needed}`,
    });
  return problems;
}

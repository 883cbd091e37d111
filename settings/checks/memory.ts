/** Checks that every machine has enough memory. */
import type { Problem } from "../problems";
import { minimumMemoryMiB } from "../roles";
import type { StackFile } from "../schema";
import { type SiteSettings, machinesOf } from "../site";
import { mysqlMemoryMiB, phpChildren, realServerMemoryMiB, spareConnections } from "../sizing";
import { machinePath } from "./machines";

export function memoryProblems(site: SiteSettings, file: StackFile): Problem[] {
  // One setting covers both directors, and one covers both databases. So each problem is reported once.
  const twins = [site.secondDirector, site.replica];
  const judged = machinesOf(site).filter((machine) => !twins.some((twin) => twin?.name === machine.name));
  const tooSmall = judged.flatMap((machine) => {
    const least = minimumMemoryMiB(machine.role, site.content);
    const message = `${machine.memoryMiB} MiB is too small for ${machine.name}; write at least ${least}`;
    return machine.memoryMiB < least ? [{ path: `${machinePath(machine, site)}.memoryMiB`, message }] : [];
  });
  if (tooSmall.length > 0) return tooSmall;
  return [
    ...(site.content === "static" ? [] : [...opcacheProblems(site), ...phpProblems(site, file)]),
    ...(site.mysql ? mysqlProblems(site, site.mysql) : []),
  ];
}

/** Finds the first real server with no memory for a php-fpm child next to OPcache. */
function opcacheProblems({ realServers, cache: { opcacheMiB } }: SiteSettings): Problem[] {
  const tight = realServers.find(({ memoryMiB }) => realServerMemoryMiB(1, opcacheMiB) > memoryMiB);
  if (!tight) return [];
  const most = tight.memoryMiB - realServerMemoryMiB(1, 0);
  const message = `${opcacheMiB} MiB leave ${tight.name}, which has ${tight.memoryMiB}, no room for PHP itself; write at most ${most}, or give it more memory`;
  return [{ path: "cache.opcacheMiB", message }];
}

function phpProblems({ realServers, cache: { opcacheMiB } }: SiteSettings, file: StackFile): Problem[] {
  if (file.php.maxChildren === undefined) return [];
  const needed = (children: number) => realServerMemoryMiB(children, opcacheMiB);
  return realServers
    .filter((server) => needed(server.phpChildren) > server.memoryMiB)
    .map((server) => ({
      path: "php.maxChildren",
      message: `${server.phpChildren} children need ${needed(server.phpChildren)} MiB and ${server.name} has ${server.memoryMiB}; write at most ${phpChildren(server.memoryMiB, opcacheMiB)}, or give it more memory`,
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

/** Where libvirt and a stack's state disagree: machines that are lost, and what is left of a stack whose state is lost. */
import { spawnSync } from "node:child_process";
import { libvirtNameOf, poolFolderOf, poolNameOf } from "../settings/hypervisor";
import { type SiteSettings, machinesOf } from "../settings/site";
import { besideMachines } from "./beside";
import { UserError } from "./userError";

export interface Orphans {
  readonly domains: readonly string[];
  readonly networks: readonly string[];
  /** Names of the volumes in the stack's pool. */
  readonly volumes: readonly string[];
  readonly hasPool: boolean;
}

/** Runs `virsh` and returns what it prints. @throws UserError when it fails */
export type Virsh = (...args: readonly string[]) => string;

export function virshOf({ hypervisor: { uri } }: SiteSettings): Virsh {
  return (...args) => {
    const [program, ...words] = besideMachines(["virsh", "-q", "-c", uri, ...args]);
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
    if (status !== 0) throw new UserError(`virsh ${args.join(" ")}: ${stderr.trim() || `exit ${status}`}`);
    return stdout;
  };
}

/** Names of machines of a stack that stands which libvirt does not have. @throws UserError when libvirt cannot be asked */
export function missingMachines(site: SiteSettings, virsh: Virsh = virshOf(site)): string[] {
  const all = words(virsh("list", "--all", "--name"));
  return machinesOf(site)
    .filter((machine) => !all.includes(libvirtNameOf(site, machine)))
    .map(({ name }) => name);
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/**
 * Finds what a stack has in libvirt, by its names and its storage pool, not by any state. A domain belongs to the stack if it has the name
 * of one of its machines, or a disk in its pool; a network, if it has the name of one of its networks, or only such domains use it.
 */
export function findOrphans(site: SiteSettings, virsh: Virsh): Orphans {
  const names = machinesOf(site).map((machine) => libvirtNameOf(site, machine));
  const dumps = words(virsh("list", "--all", "--name")).map((name) => ({
    name,
    xml: virsh("dumpxml", name),
  }));
  const isOwn = ({ name, xml }: { name: string; xml: string }) =>
    names.includes(name) || xml.includes(`'${poolFolderOf(site.stack)}/`);
  const own = dumps.filter(isOwn);
  const networksOf = (domains: typeof dumps) =>
    domains.flatMap(({ xml }) => [...xml.matchAll(/<source network='([^']*)'/g)].map(([, name]) => name));
  const others = networksOf(dumps.filter((domain) => !isOwn(domain)));
  const pool = poolNameOf(site.stack);
  const former = networksOf(own).filter((name) => name?.startsWith(`${pool}-`));
  const wanted = [...site.networks.map(({ libvirtName }) => libvirtName), ...former];
  const hasPool = words(virsh("pool-list", "--all", "--name")).includes(pool);
  return {
    domains: own.map(({ name }) => name),
    networks: words(virsh("net-list", "--all", "--name")).filter(
      (name) => wanted.includes(name) && !others.includes(name),
    ),
    volumes: hasPool ? volumesIn(pool, virsh) : [],
    hasPool,
  };
}

/** Lines of `NAME PATH`; a pool that is not active cannot be listed, so it is started. */
function volumesIn(pool: string, virsh: Virsh): string[] {
  if (!words(virsh("pool-list", "--name")).includes(pool)) virsh("pool-start", pool);
  return virsh("vol-list", "--pool", pool)
    .split("\n")
    .flatMap((line) => words(line).slice(0, 1));
}

/** Lines for people. Empty when there is nothing. */
export function orphanLines({ domains, networks, volumes, hasPool }: Orphans, stack: string): string[] {
  return [
    ...(domains.length > 0 ? [`machines: ${domains.join(", ")}`] : []),
    ...(networks.length > 0 ? [`networks: ${networks.join(", ")}`] : []),
    ...(hasPool ? [`pool ${poolNameOf(stack)} with ${volumes.join(", ") || "no volume"}`] : []),
  ];
}

/** Removes them. What is gone already is no error. */
export function removeOrphans(
  { domains, networks, volumes, hasPool }: Orphans,
  stack: string,
  virsh: Virsh,
): void {
  const attempt = (...args: readonly string[]) => {
    try {
      virsh(...args);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  };
  for (const name of domains) {
    attempt("destroy", name);
    virsh("undefine", name);
  }
  for (const name of networks) {
    attempt("net-destroy", name);
    virsh("net-undefine", name);
  }
  if (!hasPool) return;
  const pool = poolNameOf(stack);
  for (const name of volumes) virsh("vol-delete", "--pool", pool, name);
  attempt("pool-destroy", pool);
  attempt("pool-delete", pool);
  virsh("pool-undefine", pool);
}

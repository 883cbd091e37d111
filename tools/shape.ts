/**
 * What of a site is its shape (services, schedulers, forwarding, weights, how PHP listens, the image) and travels from
 * stack to stack, and what is its place (addresses, sizes, names, secrets) and stays.
 */
import { type Document, isMap, isSeq } from "yaml";
import type { SiteSettings } from "../settings/site";

/** Where a setting stands: below `config:`, the project's prefix left off. */
export type Path = readonly (string | number)[];

export interface Difference {
  readonly path: Path;
  /** What the target has now; undefined when it has no such thing. */
  readonly before: unknown;
  /** What it gets; undefined when it goes. */
  readonly after: unknown;
}

type Shape = ReadonlyMap<string, { path: Path; value: unknown }>;

/** What the source says beyond its settings: the image that it runs on. */
export interface Source {
  readonly site: SiteSettings;
  readonly imageHash?: string;
}

/** The settings of a site's shape; weights count only for real servers that the target has too. */
function shapeOf({ site, imageHash }: Source, realServers: number): Shape {
  const entries: [Path, unknown][] = [
    [["director", "manager"], site.director.manager],
    [["php", "listener"], site.php.listener],
    ...site.services.flatMap(({ name, port, protocol, scheduler, forwarding }, index) =>
      Object.entries({ name, port, protocol, scheduler, forwarding }).map(([key, value]): [Path, unknown] => [
        ["services", index, key],
        value,
      ]),
    ),
    ...site.realServers
      .slice(0, realServers)
      .map(({ weight }, index): [Path, unknown] => [["realServers", index, "weight"], weight]),
    ...(imageHash ? [[["image", "hash"], imageHash] as [Path, unknown]] : []),
  ];
  return new Map(entries.map(([path, value]) => [path.join("."), { path, value }]));
}

/** VIPs of services that the target does not have yet: one that shares its VIP in the source shares it in the target too. */
function sharedVips(source: SiteSettings, target: SiteSettings): Difference[] {
  return source.services.slice(target.services.length).flatMap(({ vip }, step) => {
    const after = target.services[source.services.findIndex((service) => service.vip === vip)]?.vip;
    return after
      ? [{ path: ["services", target.services.length + step, "vip"], before: undefined, after }]
      : [];
  });
}

/** What a promotion from `source` to `target` would change in the target's stack file. */
export function differences(source: Source, target: Source): Difference[] {
  const realServers = Math.min(source.site.realServers.length, target.site.realServers.length);
  const wanted = shapeOf(source, realServers);
  const present = shapeOf(target, realServers);
  const changed = [...wanted].flatMap(([key, { path, value }]) => {
    const before = present.get(key)?.value;
    return before === value ? [] : [{ path, before, after: value }];
  });
  const gone = [...present].flatMap(([key, { path, value }]) =>
    wanted.has(key) || path[0] === "image" ? [] : [{ path, before: value, after: undefined }],
  );
  return [...changed, ...sharedVips(source.site, target.site), ...gone];
}

/** Writes the differences into a stack file's document; comments and everything else stay. */
export function apply(document: Document, found: readonly Difference[]): void {
  const removedServices = new Set<number>();
  for (const { path, after } of found) {
    const [first, second, ...rest] = path;
    const full = ["config", `lvs-wordpress:${first}`, ...(second === undefined ? [] : [second]), ...rest];
    if (after === undefined) removedServices.add(Number(second));
    else {
      ensureParents(document, full);
      document.setIn(full, after);
    }
  }
  for (const index of [...removedServices].sort((a, b) => b - a))
    document.deleteIn(["config", "lvs-wordpress:services", index]);
}

/** Lists and maps on the way to `path` that are not there yet. */
function ensureParents(document: Document, path: Path): void {
  for (let depth = 1; depth < path.length; depth += 1) {
    const parent = document.getIn(path.slice(0, depth), true);
    if (!isMap(parent) && !isSeq(parent))
      document.setIn(path.slice(0, depth), document.createNode(typeof path[depth] === "number" ? [] : {}));
  }
}

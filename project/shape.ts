/**
 * Shape and place of a site, for `promote`. The shape is copied from stack to stack: services without their VIPs, weights,
 * thresholds, timeouts, the number of directors and their manager, the sorry server, the image. Between sites of the same content
 * it includes PHP's listener and upload limit, WordPress's rules, the age of pages, and the database replica. The place stays:
 * addresses, sizes, names, secrets. Each stack decides whether and where it keeps backups. Between two stacks with backups, schedule and number
 * are copied.
 */
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isSeq, stringify } from "yaml";
import { type StackFile, siteSchema } from "../settings/schema";
import { mysql as mysqlSchema } from "../settings/schema/machines";
import { defaultPort } from "../settings/schema/services";
import type { SiteSettings } from "../settings/site";
import { paired } from "../settings/lists";

/** The path of a setting below `config:`, without the project's prefix. */
export type Path = readonly (string | number)[];

export interface Difference {
  readonly path: Path;
  /** The present value in the target. Undefined when it has none. */
  readonly before: unknown;
  /** The new value. Undefined when the setting is removed. */
  readonly after: unknown;
}

type Setting = readonly [key: string, value: unknown];
type Entry = readonly [path: Path, value: unknown];
type Shape = ReadonlyMap<string, Entry>;

/** A stack: its file, its site, and the image that it runs on. */
export interface Source {
  readonly file: StackFile;
  readonly site: SiteSettings;
  readonly imageHash?: string;
}

/** The portable settings of a service: all but its VIPs. `realServers` maps names of the source to names of the target. */
function serviceShape(
  service: StackFile["services"][number],
  name: string,
  realServers: ReadonlyMap<string, string>,
): Setting[] {
  const shape = {
    name,
    ...service,
    vip: undefined,
    vips: undefined,
    port: service.ports ? undefined : (service.port ?? defaultPort),
    realServers: service.realServers?.flatMap((name) => realServers.get(name) ?? []),
  };
  const isSaid = (value: unknown) =>
    value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.entries(shape).filter(([, value]) => isSaid(value));
}

/** What two stacks have in common. */
interface Common {
  /** Number of real servers. */
  readonly realServers: number;
  readonly content: boolean;
  readonly backup: boolean;
}

/** Settings that only sites with the same content can share. */
function contentShape({ php, wordpress, cache, mysql, sync }: StackFile): Entry[] {
  const { shared, cronIntervalSeconds, xmlrpc, loginsPerMinute } = wordpress;
  const { publicUsers, publicVersion, installer, phpFiles, securityHeaders } = wordpress;
  const guards = {
    xmlrpc,
    loginsPerMinute,
    publicUsers,
    publicVersion,
    installer,
    phpFiles,
    securityHeaders,
  };
  const { seconds, staleSeconds, timeoutSeconds } = cache.page;
  const { replica, semiSyncTimeoutSeconds } = mysql ?? mysqlSchema.parse({});
  return [
    ...below(
      ["php"],
      [
        ["listener", php.listener],
        ["uploadMiB", php.uploadMiB],
      ],
    ),
    ...below(["wordpress"], Object.entries({ shared, cronIntervalSeconds, ...guards })),
    ...below(["cache", "page"], Object.entries({ seconds, staleSeconds, timeoutSeconds })),
    ...below(["mysql"], Object.entries({ replica, semiSyncTimeoutSeconds })),
    ...below([], [["sync", sync]]),
  ];
}

/** The settings of `source`'s shape as they would be in `target`, limited to what both have. */
function shapeOf(source: Source, target: Source, common: Common): Shape {
  const { directors, director, vrrp, sorryServer, services, realServers, backup } = source.file;
  const { manager, health, drainSeconds, timeouts } = director;
  const both = common.realServers;
  const names = new Map(
    paired(source.site.realServers.slice(0, both), target.site.realServers.slice(0, both)).map(
      ([one, other]) => [one.name, other.name],
    ),
  );
  const entries: Entry[] = [
    ...below([], [["directors", directors]]),
    ...below(["director"], Object.entries({ manager, health, drainSeconds })),
    ...below(["director", "timeouts"], Object.entries(timeouts)),
    ...below(["vrrp"], [["advertSeconds", vrrp.advertSeconds]]),
    ...(sorryServer
      ? below(
          ["sorryServer"],
          Object.entries({ on: sorryServer.on, retryAfterSeconds: sorryServer.retryAfterSeconds }),
        )
      : []),
    ...(common.content ? contentShape(source.file) : []),
    ...(common.backup && backup
      ? below(["backup"], Object.entries({ schedule: backup.schedule, keep: backup.keep }))
      : []),
    ...paired(services, source.site.services).flatMap(([service, { name }], index) =>
      below(["services", index], serviceShape(service, name, names)),
    ),
    ...realServers
      .slice(0, both)
      .flatMap(({ weight, upperThreshold, lowerThreshold }, index) =>
        below(["realServers", index], Object.entries({ weight, upperThreshold, lowerThreshold })),
      ),
    ...below(["image"], [["suite", source.file.image.suite]]),
    ...(source.imageHash ? below(["image"], [["hash", source.imageHash]]) : []),
  ];
  return new Map(entries.map((entry) => [entry[0].join("."), entry]));
}

const below = (path: Path, settings: readonly Setting[]): Entry[] =>
  settings.map(([key, value]) => [[...path, key], value]);

/** VIPs for services that the target does not have yet. Services that share a VIP in the source share one in the target. */
function sharedVips({ services }: SiteSettings, target: SiteSettings): Difference[] {
  return services.slice(target.services.length).flatMap(({ vip }, step) => {
    const after = target.services[services.findIndex((service) => service.vip === vip)]?.vip;
    return after
      ? [{ path: ["services", target.services.length + step, "vip"], before: undefined, after }]
      : [];
  });
}

/** Settings of the target about things that the source's shape does not have. */
function placesOfNothing(source: StackFile, target: StackFile): Difference[] {
  const { peer } = target.director;
  const { routerId, gateways } = target.vrrp;
  const lost: [gone: boolean, path: Path, before: unknown][] = [
    [source.directors === 1, ["director", "peer"], isDeepStrictEqual(peer, {}) ? undefined : peer],
    [source.directors === 1, ["vrrp", "routerId"], routerId],
    [source.directors === 1, ["vrrp", "gateways"], gateways.length > 0 ? gateways : undefined],
    [!source.sorryServer, ["sorryServer"], target.sorryServer],
    [source.sorryServer?.on === "director", ["sorryServer", "address"], target.sorryServer?.address],
    [
      source.content === target.content && !source.mysql?.replica,
      ["mysql", "replicaAddress"],
      target.mysql?.replicaAddress,
    ],
  ];
  return lost
    .filter(([gone, , before]) => gone && before !== undefined)
    .map(([, path, before]) => ({ path, before, after: undefined }));
}

/** Settings that are removed as a whole or not at all. */
const whole = (path: Path, services: number): boolean =>
  path[0] === "image" || path[0] === "sorryServer" || (path[0] === "services" && Number(path[1]) >= services);

/** The changes that a promotion from `source` to `target` makes in the target's stack file. */
export function differences(source: Source, target: Source): Difference[] {
  const common: Common = {
    realServers: Math.min(source.file.realServers.length, target.file.realServers.length),
    content: source.file.content === target.file.content,
    backup: source.file.backup !== undefined && target.file.backup !== undefined,
  };
  const services = source.file.services.length;
  const wanted = shapeOf(source, target, common);
  const present = shapeOf(target, target, common);
  const changed = [...wanted].flatMap(([key, [path, after]]) => {
    const before = present.get(key)?.[1];
    return isDeepStrictEqual(before, after) ? [] : [{ path, before, after }];
  });
  const gone = [...present].flatMap(([key, [path, before]]) =>
    wanted.has(key) || whole(path, services) ? [] : [{ path, before, after: undefined }],
  );
  const goneServices = target.site.services.slice(services).map(({ name }, step) => ({
    path: ["services", services + step],
    before: name,
    after: undefined,
  }));
  return [
    ...changed,
    ...sharedVips(source.site, target.site),
    ...gone,
    ...placesOfNothing(source.file, target.file),
    ...goneServices,
  ];
}

/** Writes the differences into the document of a stack file. Comments and all other settings stay. */
export function apply(document: Document, found: readonly Difference[]): void {
  for (const { path, after } of found.filter((difference) => difference.after !== undefined))
    writeSetting(document, path, after);
  // Backwards, because entries behind a removed one move up.
  for (const { path } of found.filter(({ after }) => after === undefined).toReversed())
    writeSetting(document, path, undefined);
}

/** Writes one setting into the document of a stack file, or removes it when the value is undefined. */
export function writeSetting(document: Document, [first, ...rest]: Path, value: unknown): void {
  const path = ["config", `lvs-wordpress:${first}`, ...rest];
  if (value !== undefined) {
    ensureParents(document, path);
    document.setIn(path, typeof value === "object" ? document.createNode(value) : value);
  } else if (document.hasIn(path)) document.deleteIn(path);
}

/** A list that the file does not contain has the default entries. They are written before one is changed. */
function usualList(key: string | number | undefined): object[] {
  const usual = Object.entries(siteSchema.parse({})).find(([name]) => key === `lvs-wordpress:${name}`)?.[1];
  return Array.isArray(usual) ? usual.map(() => ({})) : [];
}

/** Lists and maps on the way to `path` that are not there yet. */
function ensureParents(document: Document, path: Path): void {
  for (let depth = 1; depth < path.length; depth += 1) {
    const at = path.slice(0, depth);
    const parent = document.getIn(at, true);
    if (isMap(parent) || isSeq(parent)) continue;
    document.setIn(at, document.createNode(typeof path[depth] === "number" ? usualList(at.at(-1)) : {}));
    // What stands before it in a list says nothing either: its defaults.
    const list = document.getIn(at.slice(0, -1), true);
    const index = at.at(-1);
    if (isSeq(list) && typeof index === "number")
      for (let before = 0; before < index; before += 1) list.items[before] ??= document.createNode({});
  }
}

/** A value on one line of a table, as it would stand in a stack file. */
export function readable(value: unknown): string {
  if (value === undefined) return "-";
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

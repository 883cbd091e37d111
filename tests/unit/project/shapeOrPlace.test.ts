/** Each setting is of a site's shape, which promotion carries along, or of its place, which stays. A new one forces the choice. */
import { isDeepStrictEqual } from "node:util";
import { type Path, differences } from "../../../project/shape";
import { resolveSite } from "../../../settings/resolve";
import { siteSchema } from "../../../settings/schema";
import { type Place, nodes } from "../settings/schemaNodes";

/** What stays, by setting or by group. A setting that is not here has to travel: see `shapeOf` in project/shape.ts. */
const places: readonly string[] = [
  "hypervisor",
  "protect",
  "reconcile",
  "layDown",
  "content",
  "firewall",
  "managementCidrs",
  "trustedProxies",
  "securityUpdates",
  "debianMirror",
  "nameServers",
  "network",
  "networks",
  ...machine("director"),
  "director.peer",
  "vrrp.routerId",
  "vrrp.gateways",
  "sorryServer.address",
  "services.0.vip",
  "services.0.vips",
  "realServers.0.name",
  ...machine("realServers.0"),
  // What an operator has drained is drained in that stack.
  "realServers.0.drained",
  "php.maxChildren",
  "cache.page.maxMiB",
  "cache.opcacheMiB",
  "cache.realpathCacheKiB",
  ...machine("nfs"),
  ...machine("source"),
  ...machine("mysql"),
  "mysql.maxConnections",
  "mysql.replicaAddress",
  "mysql.primary",
  "backup.directory",
  "backup.remote",
  ...machine("client"),
  "client.sources",
  "tls",
  "wordpress.title",
  "wordpress.adminUser",
  "wordpress.adminEmail",
  "wordpress.hostNames",
];

/** Where a machine is and how large. */
function machine(group: string): string[] {
  return ["address", "addresses", "memoryMiB", "vcpus"].map((setting) => `${group}.${setting}`);
}

const settings = nodes.filter(
  ({ path, node }) => typeof path.at(-1) === "string" && !node.properties && !node.items?.properties,
);
const nameOf = (path: Path) => path.join(".");
const isBelow = (name: string, place: string) => `${name}.`.startsWith(`${place}.`);

/** A stack file with every group that may be left out, so that both sides of a promotion have it. */
const everything = {
  directors: 2,
  networks: [{ name: "inside", cidr: "172.16.50.0/24" }],
  sorryServer: {},
  services: [{}],
  realServers: [{}, {}],
  nfs: {},
  source: {},
  mysql: {},
  backup: {
    remote: { to: "backup@192.0.2.10:/srv", hostKey: `ssh-ed25519 ${"A".repeat(16)}`, keyFile: "key" },
  },
  client: {},
  tls: {},
};
const site = resolveSite("any", {});

/** What is tried as another value of a setting, until its schema takes one. */
const samples: readonly unknown[] = [
  true,
  false,
  1,
  2,
  7,
  60,
  503,
  "rs1",
  "172.16.0.99",
  "172.16.99.0/24",
  "fd00:99::/64",
  "255.255.255.0",
  "0123456789ab",
  "mail@example.org",
  "http://192.0.2.1/debian",
  "hourly",
  "/srv/elsewhere",
  "/wp-content/plugins/one/",
  "backup@192.0.2.11:/srv",
  `ssh-ed25519 ${"B".repeat(16)}`,
];

/** `settings` with another value at `path`. */
function changed(value: unknown, [first, ...rest]: Path, to: unknown): unknown {
  if (first === undefined) return to;
  const inner = changed((value as Record<string | number, unknown> | undefined)?.[first], rest, to);
  if (typeof first === "number") return Object.assign([...((value as unknown[]) ?? [])], { [first]: inner });
  return { ...(value as object), [first]: inner };
}

/** Whether a promotion carries along what stands at `path`. @throws when no sample is another value of it */
function travels({ path, node }: Place): boolean {
  const usual = siteSchema.parse(everything);
  const choices = node.enum ?? node.items?.enum?.map((one) => [one]) ?? [];
  for (const sample of [...choices, ...samples, ...samples.map((one) => [one])]) {
    const { data: file } = siteSchema.safeParse(changed(everything, path, sample));
    if (!file || isDeepStrictEqual(file, usual)) continue;
    return differences({ file, site, imageHash: file.image.hash }, { file: usual, site }).length > 0;
  }
  throw new Error(`no sample is another value of ${nameOf(path)}: add one`);
}

test.each(settings.map((setting) => ({ ...setting, name: nameOf(setting.path) })))(
  "$name travels, or is named as one that stays",
  ({ name, ...setting }) => {
    const stays = places.some((place) => isBelow(name, place));
    expect(travels(setting)).toBe(!stays);
  },
);

test("every place is one of the settings", () => {
  const names = settings.map(({ path }) => nameOf(path));
  expect(places.filter((place) => !names.some((name) => isBelow(name, place)))).toEqual([]);
});

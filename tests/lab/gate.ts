/**
 * The gate: what `npm test` proves on machines. It is the cheapest set of labs that has every kind of claim, and each
 * kind is proven on one of them. `npm run test:all` proves every claim on every lab.
 */
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { chosenFaults } from "../../chaos/faults";
import { type Path, writeSetting } from "../../project/shape";
import { labNames, siteIn, stackFile, writtenSite } from "../../project/stacks";
import { projectFile } from "../../settings/projectFile";
import { type SiteSettings, machinesOf } from "../../settings/site";
import type { Claim } from "../../verify/claim";
import { claimsOf } from "../../verify/claims";

/** True in `npm run test:all`. */
export const everything = process.env.LVS_TEST_ALL === "1";

/**
 * Labs that the gate needs anyway, for tests of edits, reboots, backups and faults. Kinds of claims are assigned to
 * them in this order.
 */
export const tested = ["dr-wordpress", "ipv6", "ha-dr", "ha-full"] as const;

/**
 * A setting that a test changes in a lab: its path below `config`, without the project's prefix. A value of undefined
 * removes it.
 */
export type Change = readonly [path: Path, value: unknown];

/**
 * Changes that leave of ha-full what the gate needs: a database replica and backups. A pair of directors is proven on
 * ha-dr.
 */
export const storageOnly: readonly Change[] = everything
  ? []
  : [
      [["directors"], undefined],
      [["realServers", 2], undefined],
    ];

/** The state of ha-full after storage.test.ts has changed it: WordPress's code is pushed to each real server's own disk. */
export const pushed = "ha-full with pushed code";

export const pushedCode: readonly Change[] = [
  // Backups need the whole tree on NFS.
  [["backup"], undefined],
  [["wordpress", "shared"], "uploads"],
  [["sync"], "lsyncd"],
];

/** Claims about a lab as a whole. They are proven on every lab that comes up. */
const ofTheWhole = ["ipvs-table", "ports", "reach", "repairs", "run-twice"];

/** Claims whose proof depends on the program that manages the IPVS table. */
const ofTheManager = ["drain", "health", "health-vip", "sorry", "threshold"];

/** Claims whose proof depends on the protocol and the address family of the service. */
const ofThePackets = ["distribution", "wire"];

/** Claims whose proof depends on the forwarding method of the service. */
const ofTheMethod = ["client-address", "direct-return", "wire"];

/** The id of a claim without the service or address that it is about. */
export const baseId = ({ id }: Claim): string => id.split(":")[0] ?? id;

/**
 * Two claims of one kind prove the same thing of the code. A kind is the claim's text without the names, addresses and numbers
 * of its site, and what else the proof depends on.
 */
export function kindOf(site: SiteSettings, claim: Claim): string {
  const base = baseId(claim);
  const service = site.services.find(({ name }) => claim.text.startsWith(`${name}: `));
  const about = service ? claim.text.slice(service.name.length + 2) : claim.text;
  const names = machinesOf(site).map(({ name }) => name);
  const text = about
    .replaceAll(/[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*|\d+(\.\d+){3}|\d+/g, "N")
    .replaceAll(/[\w-]+/g, (word) => (names.includes(word) ? "M" : word))
    .replaceAll(/M((, | and )M)+/g, "M");
  const { manager, health } = site.director;
  return [
    base,
    ...(ofTheManager.includes(base) ? [manager, health] : []),
    ...(service && ofThePackets.includes(base) ? [service.protocol, service.family] : []),
    ...(service && ofTheMethod.includes(base) ? [service.forwarding] : []),
    text,
  ].join(" | ");
}

/** The kinds of claims that a lab can prove, without those about the whole lab. */
const kindsOf = (site: SiteSettings): ReadonlySet<string> =>
  new Set(
    claimsOf(site)
      .filter((claim) => !ofTheWhole.includes(baseId(claim)))
      .map((claim) => kindOf(site, claim)),
  );

/** Returns every subset of `items`. */
function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((subset) => [...subset, item])], [[]]);
}

/**
 * Returns the kinds of claims that each lab of the gate proves. The gate has the labs of `fixed`, and the set of
 * further labs with the fewest machines that adds all missing kinds. Each kind is assigned to the first lab that has
 * it.
 */
export function planGate(
  sites: ReadonlyMap<string, SiteSettings>,
  fixed: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const kinds = new Map([...sites].map(([lab, site]) => [lab, kindsOf(site)]));
  const all = new Set([...kinds.values()].flatMap((some) => [...some]));
  const others = [...sites.keys()].filter((lab) => !fixed.includes(lab));
  const machines = (labs: readonly string[]) =>
    labs.reduce((sum, lab) => sum + machinesOf(sites.get(lab)!).length, 0);
  const covers = (labs: readonly string[]) => {
    const found = new Set([...fixed, ...labs].flatMap((lab) => [...(kinds.get(lab) ?? [])]));
    return [...all].every((kind) => found.has(kind));
  };
  const [cheapest = []] = subsets(others)
    .filter(covers)
    .sort((one, other) => machines(one) - machines(other));
  const given = new Set<string>();
  return new Map(
    [...fixed, ...cheapest].map((lab) => {
      const own = [...(kinds.get(lab) ?? [])].filter((kind) => !given.has(kind));
      for (const kind of own) given.add(kind);
      return [lab, new Set(own)];
    }),
  );
}

/** Returns all labs of the project by name. */
export const allLabs = (): ReadonlyMap<string, SiteSettings> =>
  new Map(labNames().map((lab) => [lab, writtenSite(lab)]));

/** Returns the site of a lab after these changes. */
function changed(lab: string, changes: readonly Change[]): SiteSettings {
  const document = parseDocument(readFileSync(projectFile(stackFile(lab)), "utf8"));
  for (const [path, value] of changes) writeSetting(document, path, value);
  return siteIn(lab, document.toString());
}

/** Returns the sites that the gate may bring up: all labs, and states of labs that tests create. */
export const gateSites = (): ReadonlyMap<string, SiteSettings> =>
  (sites ??= new Map([
    ...allLabs(),
    ["ha-full", changed("ha-full", storageOnly)],
    [pushed, changed("ha-full", [...storageOnly, ...pushedCode])],
  ]));

let sites: ReadonlyMap<string, SiteSettings> | undefined;

let plan: ReadonlyMap<string, ReadonlySet<string>> | undefined;

/** Returns the gate's plan for the project's labs. */
export const gate = (): ReadonlyMap<string, ReadonlySet<string>> =>
  (plan ??= planGate(gateSites(), [...tested, pushed]));

/**
 * Returns the claims that this run proves about a site. `lab` is the name of the lab or state that the site was made
 * from.
 */
export function provenOn(lab: string, site: SiteSettings): readonly Claim[] {
  const planned = gate().get(lab);
  return claimsOf(site).filter(
    (claim) => everything || ofTheWhole.includes(baseId(claim)) || planned?.has(kindOf(site, claim)),
  );
}

/**
 * Faults that the gate injects, by lab: on the lab without WordPress those of directors and real servers, on the
 * other one those of storage.
 */
const gateFaults: Readonly<Record<string, readonly string[]>> = {
  "ha-dr": [
    "director-off",
    "director-frozen",
    "real-server-off",
    "vip-missing",
    "table-flushed",
    "checks-hung",
  ],
  "ha-full": ["nfs-unreachable", "mysql-restarted"],
};

/**
 * Returns the names of the faults that this run injects into a copy of `lab`, which repairs itself; with `all`, those that fit it.
 */
export const faultsOn = (lab: string, all = everything): readonly string[] =>
  all
    ? chosenFaults(changed(lab, [[["reconcile"], true]]), []).map(({ name }) => name)
    : (gateFaults[lab] ?? []);

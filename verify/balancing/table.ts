/** The kernel's IPVS table, as the director's ipvsadm prints it. */
import { type SiteSettings, type VirtualServiceSettings, bracketed } from "../../settings/site";
import { ipvsRules } from "../../templates/director";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure, cached } from "../claim";
import type { Destination } from "../schedulers/destination";

/** A listing by service: each real server's endpoint, and the numbers of its columns. */
type Listing = ReadonlyMap<
  string,
  readonly { readonly endpoint: string; readonly numbers: readonly number[] }[]
>;

/** Parses the output of `ipvsadm -Ln`, also with options for other columns. Keys are services such as `TCP 172.16.0.40:80` and `FWM 66`. */
export function parseListing(text: string): Listing {
  const listing = new Map<string, { endpoint: string; numbers: number[] }[]>();
  let servers: { endpoint: string; numbers: number[] }[] = [];
  for (const words of text.split("\n").map((line) => line.trim().split(/\s+/))) {
    const [first = "", second = "", third] = words;
    if (/^(TCP|UDP|SCTP|FWM)$/.test(first)) {
      servers = [];
      listing.set([first, second, ...(third === "IPv6" ? [third] : [])].join(" "), servers);
    } else if (first === "->" && /\d$/.test(second)) {
      servers.push({ endpoint: second, numbers: words.filter((word) => /^\d+$/.test(word)).map(Number) });
    }
  }
  return listing;
}

/** The name of a service in a listing. */
export function listedAs({ fwmark, family, protocol, vip, port }: VirtualServiceSettings): string {
  if (fwmark !== undefined) return `FWM ${fwmark}${family === 6 ? " IPv6" : ""}`;
  return `${protocol.toUpperCase()} ${bracketed(vip)}:${port}`;
}

const kinds: Readonly<Record<string, string>> = {
  "-t": "TCP",
  "-u": "UDP",
  "--sctp-service": "SCTP",
  "-f": "FWM",
};

/** The rules of `ipvsadm -Sn`, sorted, with the thresholds that it leaves out. */
export function liveRules(saved: string, thresholds: Listing): string {
  const lines = saved.split("\n").map((line) => line.trim());
  const whole = lines.map((line) => {
    const [verb, option = "", key, ...words] = line.split(" ");
    if (verb !== "-a") return line;
    const listed = `${kinds[option]} ${key}${words[0] === "-6" ? " IPv6" : ""}`;
    const endpoint = words[words.indexOf("-r") + 1];
    const [upper = 0, lower = 0] =
      thresholds.get(listed)?.find((server) => server.endpoint === endpoint)?.numbers ?? [];
    return upper + lower > 0 ? `${line} -x ${upper} -y ${lower}` : line;
  });
  return sorted(whole);
}

const sorted = (lines: readonly string[]): string =>
  lines
    .filter((line) => line !== "")
    .toSorted()
    .join("\n");

/** A service's real servers in the kernel's order, with their present connections. */
export function liveDestinations(service: VirtualServiceSettings, listing: Listing): Destination[] {
  const listed = listing.get(listedAs(service));
  ensure(listed !== undefined, `the director has no service ${listedAs(service)}`);
  return listed.map(({ endpoint, numbers }) => {
    const known = service.destinations.find(
      ({ address, port }) => `${bracketed(address)}:${port}` === endpoint,
    );
    ensure(known !== undefined, `${listedAs(service)} has an unknown real server ${endpoint}`);
    const [weight = 0, active = 0, inactive = 0] = numbers;
    return { ...known, weight, active, inactive };
  });
}

/** The table before verify's own connections. With another `key`, the table at the first call with that key. */
export function tableOf(running: RunningSite, key = "table at first") {
  return cached(running, key, async () => {
    const script = "ipvsadm -Sn; echo ==; ipvsadm -Ln --thresholds; echo ==; ipvsadm -Ln --nosort";
    const [saved = "", thresholds = "", listing = ""] = (
      await running.execOk(running.site.director.name, script)
    ).split("==\n");
    return {
      rules: liveRules(saved, parseListing(thresholds)),
      listing: parseListing(listing),
    };
  });
}

export const tableClaims = (site: SiteSettings): Claim[] => [
  {
    id: "ipvs-table",
    text: "the kernel's IPVS table matches the settings, thresholds included",
    async prove(running) {
      const { rules } = await tableOf(running);
      const wanted = sorted(ipvsRules(site).split("\n"));
      const missing = difference(wanted, rules);
      const surplus = difference(rules, wanted);
      ensure(rules === wanted, `missing: ${missing || "nothing"}; too much: ${surplus || "nothing"}`);
      return rules.split("\n").join("; ");
    },
  },
];

const difference = (whole: string, part: string): string =>
  whole
    .split("\n")
    .filter((line) => !part.split("\n").includes(line))
    .join("; ");

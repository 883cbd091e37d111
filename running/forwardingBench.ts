/** Requests per second of running sites, side by side, by ApacheBench. */
import { type SiteSettings, siteUrl } from "../settings/site";
import { UserError } from "../project/userError";
import { execHere } from "./runningSite";
import { nonEmpty, present } from "../settings/lists";

const rounds = 5;
const pages = [
  { path: "whoami", requests: 200 },
  { path: "big", requests: 8 },
];

/** Requests per second that ApacheBench gets, four at a time. */
async function requestsPerSecond(url: string, requests: number): Promise<number> {
  const { code, stdout, stderr } = await execHere(
    ["ab", "-q", "-n", String(requests), "-c", "4", url],
    "",
    120_000,
  );
  const rate = /^Requests per second:\s+([\d.]+)/m.exec(stdout)?.[1];
  const failed = /^(?:Failed requests|Non-2xx responses):\s+([1-9]\d*)/m.exec(stdout);
  if (code !== 0 || rate === undefined || failed) throw new UserError(`${url}: ${failed?.[0] ?? stderr}`);
  return Number(rate);
}

const median = (values: readonly number[]): number =>
  present(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)], "measured value");

export interface Throughput {
  readonly lab: string;
  readonly forwarding: string;
  /** Median of the rounds, by path. */
  readonly requestsPerSecond: Readonly<Record<string, number>>;
  /** The same as a ratio to the first site, by path. */
  readonly ratio: Readonly<Record<string, number>>;
}

/** Measures the sites in turns, so that a noisy host affects all of them alike. @throws UserError when a request fails */
export async function measureForwarding(sites: readonly SiteSettings[]): Promise<Throughput[]> {
  const measured = sites.map((site) => ({
    site,
    rates: new Map(pages.map((page) => [page, [] as number[]])),
  }));
  for (let round = 0; round < rounds; round += 1)
    for (const page of pages)
      for (const { site, rates } of measured)
        rates.get(page)?.push(await requestsPerSecond(siteUrl(site) + page.path, page.requests));
  const [first] = nonEmpty(measured, "site to measure");
  return measured.map((one) => {
    const byPath = (valueOf: (page: (typeof pages)[number]) => number) =>
      Object.fromEntries(pages.map((page) => [`/${page.path}`, valueOf(page)]));
    const medianIn = ({ rates }: typeof one, page: (typeof pages)[number]) => median(rates.get(page) ?? []);
    return {
      lab: one.site.stack,
      forwarding: one.site.services[0].forwarding,
      requestsPerSecond: byPath((page) => medianIn(one, page)),
      ratio: byPath((page) => medianIn(one, page) / medianIn(first, page)),
    };
  });
}

import { siteUrl } from "../settings/site";
import { engineFor, outputsOf } from "../engines/engines";
import { execHere } from "../running/runningSite";
import { enterLab } from "../project/beside";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";
import { table } from "../project/table";
import { type Input, defineCommand, jsonOption, printJson } from "./command";

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
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function run(input: Input): Promise<void> {
  const labs = input.rest.length > 0 ? input.rest : ["nat-lnmp", "dr-lnmp"];
  const down = labs.filter((lab) => engineFor(requireStack(lab)).outputs(lab) === undefined);
  if (down.length > 0)
    throw new UserError(
      `not up: ${down.join(", ")}; ${down.map((lab) => `npm run up -- --lab ${lab}`).join("; ")}`,
    );
  enterLab();
  const sites = labs.map((lab) => outputsOf(lab).site);
  const rates = sites.map(() => pages.map((): number[] => []));
  for (let round = 0; round < rounds; round += 1)
    for (const [order, { path, requests }] of pages.entries())
      for (const [index, site] of sites.entries())
        rates[index]![order]!.push(await requestsPerSecond(siteUrl(site) + path, requests));
  const rows = sites.map((site, index) => {
    const medians = rates[index]!.map(median);
    const first = rates[0]!.map(median);
    return [
      site.stack,
      site.services[0]!.forwarding,
      ...medians.flatMap((rate, order) => [rate.toFixed(1), (rate / first[order]!).toFixed(2)]),
    ];
  });
  if (input.has("json"))
    return printJson(
      sites.map((site, index) => ({
        lab: site.stack,
        forwarding: site.services[0]!.forwarding,
        requestsPerSecond: Object.fromEntries(
          pages.map(({ path }, order) => [`/${path}`, median(rates[index]![order]!)]),
        ),
      })),
    );
  const titles = pages.flatMap(({ path }) => [`/${path} per second`, "ratio"]);
  console.log(table(["lab", "forwarding", ...titles], rows));
}

export const benchForwarding = defineCommand({
  name: "bench-forwarding",
  group: "Develop",
  summary: "measures requests per second of labs that are up, side by side",
  more: "The labs are measured in turns, so that a noisy host affects all of them alike.",
  arguments: [{ name: "lab*", what: "labs that are up; nat-lnmp and dr-lnmp by default", completes: "lab" }],
  options: [jsonOption],
  examples: [["bench-forwarding", "NAT and direct routing with the same shop"]],
  run,
});

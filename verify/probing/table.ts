/** The director's table as verify reads it. */
import { type Listing, parseListing } from "../../running/ipvsTable";
import type { RunningSite } from "../../running/runningSite";
import { cached } from "../claim";

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
  return sortedRules(whole);
}

/** Rules as one text, a line each, without empty lines. */
export const sortedRules = (lines: readonly string[]): string =>
  lines
    .filter((line) => line !== "")
    .toSorted()
    .join("\n");

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

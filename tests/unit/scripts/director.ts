/** A guest that is laid down as director, with its files as plain text. */
import { type Ended, FakeGuest } from "./guest";

export interface DirectorFiles {
  readonly rules: readonly string[];
  readonly vips?: string;
  readonly timeouts?: string;
  readonly drainSeconds?: number;
  readonly nft?: string;
  /** Further lines of director.conf. */
  readonly more?: string;
}

/** A service on 172.16.0.40:80 with a real server on .32, in direct routing. */
export const web = ["-A -t 172.16.0.40:80 -s rr", "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1"] as const;

/** Names of real servers by the end of their address. */
const names = { "32": "rs1", "33": "rs2", "20": "rs1", "21": "rs2" } as const;

/** The weights of a table or of a manager's configuration in the form in which a job has them. */
export const drainable = (text: string): string =>
  text.replace(
    /((?:172\.16\.0\.|fd00:16::)(32|33|20|21)\b(?:.* -w |[^\n]*\{\n *weight |:\d+ \w+ ))(\d+)/g,
    (_all, before: string, host: keyof typeof names, weight: string) => `${before}%${names[host]}:${weight}%`,
  );

export class FakeDirector extends FakeGuest {
  configure({
    rules,
    vips = "",
    timeouts = "900 120 300",
    drainSeconds = 30,
    nft = "",
    more = "",
  }: DirectorFiles): void {
    const conf = `VIPS="${vips}"\nTIMEOUTS="${timeouts}"\nDRAIN_SECONDS=${drainSeconds}\n${more}`;
    this.write("conf/director.conf", conf);
    this.write("conf/ipvs.rules", `${drainable(rules.join("\n"))}\n`);
    this.write("conf/lvs.nft", nft);
    this.changes();
  }

  direct(...args: readonly string[]): Ended {
    return this.run("bash", ["scripts/guest/director/lvs-director", ...args]);
  }

  /** Lays `files` down and starts; gives what commands were told, once the table is right and a second start finds nothing to do. */
  settle(files: DirectorFiles): string[] {
    this.configure(files);
    expect(this.direct("start")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
    expect(this.lines("table").toSorted()).toEqual(files.rules.toSorted());
    const changes = this.changes();
    expect(this.direct("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    expect(this.changes()).toEqual([]);
    return changes;
  }
}

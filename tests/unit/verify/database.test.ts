import { resolveSite } from "../../../settings/resolve";
import type { RunningSite } from "../../../running/runningSite";
import { databaseClaims, execOnPrimary } from "../../../verify/machines/database";
import { FakeGuest } from "../scripts/guest";

const site = resolveSite("dev", { mysql: { replica: true } });

let guest: FakeGuest;
beforeEach(() => (guest = new FakeGuest()));
afterEach(() => guest.remove());

/** Machines whose MariaDB says of itself whether it is read-only, and notes what else it is asked. */
function lab(readOnly: 0 | 1): RunningSite {
  const log = 'case "$*" in *SELECT\\ @@read_only) echo';
  guest.command("mariadb", `${log} ${readOnly} ;; *) echo "$*" >>"$GUEST/log" ;; esac`);
  const execOk = (name: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = guest.run("bash", ["-s"], script);
    return code === 0 ? Promise.resolve(stdout) : Promise.reject(new Error(`${name}: ${stderr.trim()}`));
  };
  return { site, execOk } as unknown as RunningSite;
}

test("what was the primary at the last up, and is it no more, is not written to", async () => {
  const replica = databaseClaims(site).find(({ id }) => id === "replica")!;
  await expect(replica.prove(lab(1))).rejects.toThrow(
    "mysql: takes no writes: promoted since the last up; run up first",
  );
  expect(guest.changes()).toEqual([]);
});

test("the primary is written to", async () => {
  await execOnPrimary(lab(0), site.mysql!, "mariadb wpdb -e DELETE");
  expect(guest.changes()).toEqual(["wpdb -e DELETE"]);
});

import { resolveSite } from "../../../settings/resolve";
import { startMachines } from "../../../project/power";

const site = resolveSite("dev", { mysql: { replica: true, primary: "mysql2" } });

/** A hypervisor with these machines, some of them off, and what it was told; `answers` is what the primary does. */
function power(there: readonly string[], off: readonly string[], answers = true) {
  const told: string[] = [];
  const listed = (names: readonly string[]) => names.map((name) => `lvs-dev-${name}\n`).join("");
  return {
    told,
    virsh: (...args: string[]): string => {
      if (args[0] === "list") return listed(args.includes("--state-shutoff") ? off : there);
      told.push(args.join(" "));
      return "";
    },
    answers: ({ name }: { name: string }): boolean => {
      told.push(`${name} is waited for`);
      return answers;
    },
  };
}
const all = ["director", "mysql", "mysql2"];

test("machines that are off start, and none is waited for while the replica runs", () => {
  const host = power(all, ["director", "mysql2"]);
  expect(startMachines(site, host)).toEqual(["director", "mysql2"]);
  expect(host.told).toEqual([
    "autostart lvs-dev-director",
    "start lvs-dev-director",
    "autostart lvs-dev-mysql2",
    "start lvs-dev-mysql2",
  ]);
});

test("a former primary starts when the present one answers", () => {
  const host = power(all, ["mysql", "mysql2"]);
  expect(startMachines(site, host)).toEqual(["mysql2", "mysql"]);
  expect(host.told.slice(-4)).toEqual([
    "start lvs-dev-mysql2",
    "mysql2 is waited for",
    "autostart lvs-dev-mysql",
    "start lvs-dev-mysql",
  ]);
});

test("a former primary stays off while the present one does not answer", () => {
  const host = power(all, ["mysql"], false);
  expect(() => startMachines(site, host)).toThrow(
    "mysql2 does not answer; until it does mysql, which may hold older content, stays off",
  );
  expect(host.told).toEqual(["mysql2 is waited for"]);
});

test("a primary that is yet to be made is not waited for", () => {
  const host = power(["director", "mysql"], ["mysql"], false);
  expect(startMachines(site, host)).toEqual(["mysql"]);
});

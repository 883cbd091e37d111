import { allFaults } from "../../chaos/faults";
import { claimsOf } from "../../verify/claims";
import { allLabs, baseId, faultsOn, gate, gateSites, kindOf, planGate, provenOn, tested } from "../lab/gate";
import { lab } from "./labs";

const labs = allLabs();

/** Ids of the claims that the gate proves on a lab. */
const provenIds = (name: string): string[] => provenOn(name, siteOf(name)).map(({ id }) => id);

const siteOf = (name: string) => gateSites().get(name)!;

test("every claim that any lab can prove is proven in the gate", () => {
  const all = new Set([...labs.values()].flatMap((site) => claimsOf(site).map(baseId)));
  const proven = new Set(
    [...gate().keys()].flatMap((name) => provenOn(name, siteOf(name)).map((claim) => baseId(claim))),
  );
  expect(all.size).toBeGreaterThan(50);
  expect([...all].filter((id) => !proven.has(id))).toEqual([]);
});

test("only what says so repairs itself among the labs", () => {
  const repairing = [...labs.keys()].filter((name) => provenIds(name).includes("repairs:timeouts"));
  expect(repairing).toEqual(["ha-full"]);
});

test("every kind of claim is proven on one lab of the gate", () => {
  const given = [...gate().values()].flatMap((kinds) => [...kinds]);
  expect(given).toHaveLength(new Set(given).size);
  for (const [name, site] of labs)
    for (const claim of claimsOf(site))
      if (!["ipvs-table", "ports", "reach", "repairs", "run-twice"].includes(baseId(claim)))
        expect([name, given]).toEqual([name, expect.arrayContaining([kindOf(site, claim)])]);
});

test("every forwarding method and every scheduler is proven in the gate", () => {
  const proven = (id: string) =>
    new Set(
      [...gate().keys()].flatMap((name) => {
        const ids = provenIds(name);
        return siteOf(name)
          .services.filter((service) => ids.includes(`${id}:${service.name}`))
          .map((service) => (id === "wire" ? service.forwarding : service.scheduler));
      }),
    );
  const had = (what: "forwarding" | "scheduler") =>
    new Set([...labs.values()].flatMap(({ services }) => services.map((service) => service[what])));
  expect([...had("forwarding")].filter((one) => !proven("wire").has(one))).toEqual([]);
  expect([...had("scheduler")].filter((one) => !proven("distribution").has(one))).toEqual([]);
});

test("what a lab consists of is proven on each lab that comes up", () => {
  for (const name of gate().keys())
    expect([name, provenIds(name)]).toEqual([
      name,
      expect.arrayContaining(["ipvs-table", "ports", "run-twice"]),
    ]);
});

test("the gate takes the labs with the fewest machines that prove all kinds", () => {
  const some = ["dr-lnmp", "fullnat", "tun", "mixed"].map((name) => [name, lab(name)] as const);
  // mixed has full NAT and tunnelling, and only dr-lnmp has the shop.
  expect([...planGate(new Map(some), []).keys()].sort()).toEqual(["dr-lnmp", "mixed"]);
});

test("labs that other tests need are in the gate", () => {
  expect([...gate().keys()]).toEqual(expect.arrayContaining([...tested]));
});

test("every fault is injected by a run of all tests, and those of the gate are faults of their labs", () => {
  const all = new Set(["ha-dr", "ha-full"].flatMap((name) => faultsOn(name, true)));
  expect(allFaults.map(({ name }) => name).filter((name) => !all.has(name))).toEqual([]);
  for (const name of ["ha-dr", "ha-full"]) {
    expect(faultsOn(name, false).length).toBeGreaterThan(1);
    expect(faultsOn(name, true)).toEqual(expect.arrayContaining([...faultsOn(name, false)]));
  }
});

describe("two claims are of one kind", () => {
  const claimOf = (name: string, id: string) => claimsOf(lab(name)).find((claim) => claim.id === id)!;
  const kind = (name: string, id: string) => kindOf(lab(name), claimOf(name, id));

  test("when only names, addresses and numbers differ", () => {
    expect(kind("dr-lnmp", "distribution:shop")).toBe(kind("monitored", "distribution:web"));
    expect(kind("dual-line", "upload:line1")).toBe(kind("mixed", "upload:nat"));
    const [arp] = claimsOf(lab("tun")).filter(({ id }) => id.startsWith("arp:"));
    expect(kindOf(lab("tun"), arp!)).toBe(
      kind("dr-lnmp", claimsOf(lab("dr-lnmp")).find(({ id }) => id.startsWith("arp:"))!.id),
    );
  });

  test("not when the scheduler, the forwarding method, the protocol or the manager differ", () => {
    expect(kind("schedulers", "distribution:rr")).not.toBe(kind("schedulers", "distribution:wrr"));
    expect(kind("mixed", "wire:nat")).not.toBe(kind("mixed", "wire:tun"));
    expect(kind("mixed", "wire:udp")).not.toBe(kind("mixed", "wire:dr"));
    expect(kind("ha-dr", "health:web")).not.toBe(kind("monitored", "health:web"));
  });
});

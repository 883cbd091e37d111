import { allFaults, chosenFaults } from "../../../chaos/faults";
import { resolveSite } from "../../../settings/resolve";
import type { RunningSite } from "../../../running/runningSite";
import { lab as readyLab } from "../labs";

const wordpress = readyLab("dr-wordpress");
const behindNat = resolveSite("dev", {
  content: "static",
  network: { cidr: "10.0.0.0/24" },
  networks: [{ name: "inside", cidr: "10.0.1.0/24" }],
  director: { addresses: ["10.0.0.31", "10.0.1.31"] },
  services: [{ forwarding: "nat", vip: "10.0.0.40" }],
  realServers: [{ address: "10.0.1.32" }, { address: "10.0.1.33" }],
});
const pair = resolveSite("dev", { directors: 2, director: { manager: "keepalived" } });
const names = (site: typeof wordpress): string[] => chosenFaults(site, []).map(({ name }) => name);

test("a site gets the faults that it can have, and no other", () => {
  expect(names(wordpress)).toEqual(
    allFaults
      .map(({ name }) => name)
      .filter((name) => !["keepalived-killed", "vrrp-lost", "checks-hung"].includes(name)),
  );
  expect(names(pair)).toEqual(allFaults.map(({ name }) => name));
  expect(
    names(behindNat).filter((name) => /nfs|mysql|php|vip-missing|arp|keepalived|vrrp/.test(name)),
  ).toEqual([]);
});

test("faults are taken by name, in the order in which they were written", () => {
  const chosen = chosenFaults(wordpress, ["nfs-slow", "director-off"]);
  expect(chosen.map(({ name }) => name)).toEqual(["nfs-slow", "director-off"]);
});

test("an unknown fault, or one that the site cannot have, is refused with those that it can", () => {
  expect(() => chosenFaults(wordpress, ["nfs-gone"])).toThrow(
    /^there is no fault nfs-gone; faults: director-off, /,
  );
  expect(() => chosenFaults(wordpress, ["nginx-stoped"])).toThrow(
    /^there is no fault nginx-stoped, did you mean "nginx-stopped"\?; faults: /,
  );
  expect(() => chosenFaults(wordpress, ["vrrp-lost"])).toThrow(
    /^dr-wordpress cannot have vrrp-lost; it can have: director-off, /,
  );
});

describe("what a fault tells machines", () => {
  const told: string[] = [];
  const fake = (site: typeof wordpress) =>
    ({
      site,
      execOk: (machine: string, script: string) => Promise.resolve(void told.push(`${machine}: ${script}`)),
    }) as unknown as RunningSite;
  const fault = (name: string) => allFaults.find((one) => one.name === name)!;
  beforeEach(() => told.splice(0));

  test("a VIP goes from the device on which its forwarding method has it, each once", async () => {
    const tunnels = resolveSite("dev", {
      content: "static",
      services: [{ name: "a" }, { name: "b", port: 8080 }, { name: "c", port: 81, forwarding: "tun" }],
    });
    await fault("vip-missing").inject(fake(tunnels), ["rs2"]);
    expect(told).toEqual([
      "rs2: set -e\nip address del 172.16.0.40/32 dev lo\nip address del 172.16.0.40/32 dev tunl0",
    ]);
  });

  test("the last real server that gets clients is struck", async () => {
    const raw = { content: "static", realServers: [{}, {}, { weight: 0 }, { drained: true }] };
    expect(await fault("nginx-stopped").machines(fake(resolveSite("dev", raw)))).toEqual(["rs2"]);
  });

  test("every machine's every NIC gets slow, and is let go of", async () => {
    const { inject, undo } = fault("lossy");
    await inject(fake(behindNat), []);
    expect(told).toHaveLength(3);
    expect(told[0]).toBe(
      "director: set -e\ntc qdisc replace dev eth0 root netem delay 100ms loss 5%\ntc qdisc replace dev eth1 root netem delay 100ms loss 5%",
    );
    await undo!(fake(behindNat), []);
    expect(told).toHaveLength(6);
    expect(told[5]).toContain("tc qdisc del dev eth0 root");
  });

  test("both directors stop hearing VRRP", async () => {
    const { machines, inject } = fault("vrrp-lost");
    await inject(fake(pair), await machines(fake(pair)));
    expect(told.map((line) => line.split(":")[0])).toEqual(["director", "director2"]);
    expect(told[0]).toMatch(/hook input priority -300; meta l4proto 112 drop; \}/);
  });
});

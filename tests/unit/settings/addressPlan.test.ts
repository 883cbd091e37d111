import { type PlanInput, macOf, planAddresses } from "../../../settings/addressPlan";
import { Cidr } from "../../../settings/ipv4";

const network = new Cidr("172.16.0.0/24");
const plan = (input: Partial<PlanInput> = {}) =>
  planAddresses({ network, realServers: [undefined, undefined], vips: [undefined], ...input });

test("an empty stack file gets the classic hosts", () => {
  expect(plan()).toEqual({
    gateway: "172.16.0.1",
    director: "172.16.0.31",
    nfs: "172.16.0.34",
    mysql: "172.16.0.35",
    realServers: ["172.16.0.32", "172.16.0.33"],
    vips: ["172.16.0.40"],
  });
});

test("a third real server goes past NFS and MySQL, a seventh past the VIP", () => {
  expect(plan({ realServers: Array(8).fill(undefined) }).realServers).toEqual([
    "172.16.0.32",
    "172.16.0.33",
    "172.16.0.36",
    "172.16.0.37",
    "172.16.0.38",
    "172.16.0.39",
    "172.16.0.41",
    "172.16.0.42",
  ]);
});

test("a given address is kept and moves whoever would have had it", () => {
  expect(plan({ director: "172.16.0.34", realServers: ["172.16.0.1", undefined] })).toEqual({
    gateway: "172.16.0.2",
    director: "172.16.0.34",
    nfs: "172.16.0.35",
    mysql: "172.16.0.36",
    realServers: ["172.16.0.1", "172.16.0.32"],
    vips: ["172.16.0.40"],
  });
});

test("services without a VIP of their own share one, and a given one stays apart", () => {
  expect(plan({ vips: [undefined, "172.16.0.40", undefined] }).vips).toEqual([
    "172.16.0.41",
    "172.16.0.40",
    "172.16.0.41",
  ]);
});

test("appending a real server leaves every other address as it was", () => {
  for (let count = 1; count < 20; count += 1) {
    const before = plan({ realServers: Array(count).fill(undefined) });
    const after = plan({ realServers: Array(count + 1).fill(undefined) });
    expect({ ...after, realServers: after.realServers.slice(0, -1) }).toEqual(before);
  }
});

test("no address is given twice and all are inside, whatever is given", () => {
  const networks = ["172.16.0.0/24", "10.9.8.64/26", "192.168.255.192/26", "10.0.0.0/8"];
  let plans = 0;
  for (const text of networks) {
    const cidr = new Cidr(text);
    for (let count = 1; count <= 20; count += 1) {
      // The addresses given move over everything that the plan would choose.
      for (const given of [1, 31, 32, 34, 35, 40, 41]) {
        const made = planAddresses({
          network: cidr,
          mysql: cidr.host(given),
          realServers: [cidr.host(given + 1), ...Array<undefined>(count).fill(undefined)],
          vips: [undefined, undefined],
        });
        const all = [made.gateway, made.director, made.nfs, made.mysql, ...made.realServers, made.vips[0]!];
        expect(new Set(all).size).toBe(count + 6);
        expect(all.filter((address) => !cidr.hasHost(address))).toEqual([]);
        plans += 1;
      }
    }
  }
  expect(plans).toBe(4 * 20 * 7);
});

test("a MAC carries its address, so that no two addresses share one", () => {
  expect(macOf("172.16.0.31")).toBe("52:54:ac:10:00:1f");
  expect(macOf("10.0.0.1")).toBe("52:54:0a:00:00:01");
  expect(macOf("192.168.255.254")).toBe("52:54:c0:a8:ff:fe");
});

test("a MAC is one host's and locally administered", () => {
  const first = parseInt(macOf("172.16.0.31").slice(0, 2), 16);
  expect(first & 0b01).toBe(0);
  expect(first & 0b10).toBe(0b10);
});

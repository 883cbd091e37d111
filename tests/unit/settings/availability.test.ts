import { resolveSite } from "../../../settings/resolve";
import { type SiteSettings, directorsOf, isChecked, machinesOf } from "../../../settings/site";
import { inside } from "./said";

const keepalived = { manager: "keepalived" };
const siteOf = (more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", { content: "static", director: keepalived, ...more });
const pairOf = (more: Record<string, unknown> = {}): SiteSettings => siteOf({ directors: 2, ...more });
const checkOf = (service: object, more: Record<string, unknown> = {}) =>
  siteOf({ services: [service], ...more }).services[0].check;

describe("a pair of directors", () => {
  test("is two machines that differ in name and addresses alone", () => {
    const { director, secondDirector } = pairOf({ director: { ...keepalived, memoryMiB: 600, vcpus: 2 } });
    expect(secondDirector).toStrictEqual({
      ...director,
      name: "director2",
      address: "172.16.0.30",
      nics: [{ ...director.nics[0], mac: "52:54:ac:10:00:1e", addresses: ["172.16.0.30"] }],
    });
  });

  test("comes first among the machines", () => {
    expect(machinesOf(pairOf()).map(({ name }) => name)).toEqual(["director", "director2", "rs1", "rs2"]);
    expect(directorsOf(pairOf()).map(({ name }) => name)).toEqual(["director", "director2"]);
  });

  test("is not there for a single one, nor what it would share", () => {
    const site = siteOf();
    expect([site.secondDirector, site.vrrp]).toEqual([undefined, undefined]);
    expect(directorsOf(site)).toEqual([site.director]);
  });

  test("has a VRID that follows from the stack's name, as long as that stays", () => {
    const of = (stack: string) =>
      resolveSite(stack, { content: "static", directors: 2, director: keepalived }).vrrp!.routerId;
    expect(of("dev")).toBe(of("dev"));
    const all = ["dev", "staging", "prod", "ha-dr", "ha-nat"].map(of);
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((id) => id >= 1 && id <= 255)).toBe(true);
  });

  test("keeps the VRID and the interval that are said", () => {
    expect(pairOf({ vrrp: { routerId: 51, advertSeconds: 0.25 } }).vrrp).toStrictEqual({
      routerId: 51,
      advertSeconds: 0.25,
      priority: 254,
      gateways: [],
    });
  });
});

describe("gateways that float", () => {
  const [behind, other] = [inside, { name: "other", cidr: "172.16.2.0/24" }];
  const nat = { networks: [behind, other], services: [{ forwarding: "nat" }] };

  test("are on those networks alone on which real servers answer through the directors", () => {
    expect(pairOf(nat).vrrp!.gateways).toEqual([{ address: "172.16.1.29", network: "inside" }]);
    expect(pairOf({ networks: [behind] }).vrrp!.gateways).toEqual([]);
  });

  test("are the real servers' next hop, and the sorry server's", () => {
    const { realServers, sorry } = pairOf({ ...nat, sorryServer: { on: "machine" } });
    const hops = [...realServers, sorry!.machine!].map(({ nics }) => nics[0]);
    expect(hops.map(({ gateway, throughDirector }) => [gateway, throughDirector])).toEqual(
      Array(3).fill(["172.16.1.29", true]),
    );
  });

  test("leave a single director's own address as next hop", () => {
    const [server] = siteOf(nat).realServers;
    expect(server.nics[0].gateway).toBe("172.16.1.31");
  });
});

describe("checks", () => {
  test("ask every two seconds, and take out after three misses, all but one", () => {
    expect(checkOf({})).toStrictEqual({
      type: "http",
      path: "/readyz",
      status: 200,
      intervalSeconds: 2,
      timeoutSeconds: 2,
      retries: 3,
      onFailure: "remove",
      minHealthy: 1,
    });
  });

  test.each<[string, object, string | undefined]>([
    ["http", {}, "http"],
    ["https", { port: 443 }, "https"],
    ["ssh", { port: 22 }, "tcp"],
    ["echo", { port: 7000, application: "echo" }, "tcp"],
    ["udp", { port: 7007, protocol: "udp" }, undefined],
    ["sctp", { port: 7009, protocol: "sctp" }, undefined],
    ["nobody's business", { check: { type: "none" } }, undefined],
    ["tcp where that is said", { check: { type: "tcp" } }, "tcp"],
  ])("of %s", (_what, service, type) => {
    expect(checkOf(service, type === "https" ? { tls: {} } : {})?.type).toBe(type);
  });

  test("wait for an answer as long as the interval is, where nothing else is said", () => {
    expect(checkOf({ check: { intervalSeconds: 7 } })!.timeoutSeconds).toBe(7);
    expect(checkOf({ check: { intervalSeconds: 7, timeoutSeconds: 3 } })!.timeoutSeconds).toBe(3);
  });

  test.each([
    ["50%", 3, 2],
    ["50%", 4, 2],
    ["1%", 3, 1],
    ["0%", 3, 0],
    ["100%", 3, 3],
    [2, 3, 2],
  ])("of %j, rounded up, of %d real servers leave %d", (minHealthy, count, left) => {
    const realServers = Array.from({ length: count }, () => ({}));
    expect(checkOf({ check: { minHealthy } }, { realServers })!.minHealthy).toBe(left);
  });

  test("count the real servers of their own service", () => {
    const service = { realServers: ["rs1", "rs2"], check: { minHealthy: "100%" } };
    expect(checkOf(service, { realServers: [{}, {}, {}] })!.minHealthy).toBe(2);
  });

  test.each([
    [{ manager: "ipvsadm", health: "none" }, false],
    [{ manager: "ipvsadm", health: "ldirectord" }, true],
    [{ manager: "keepalived" }, true],
  ])("are there with %j: %s", (director, there) => {
    const site = siteOf({ director });
    expect(isChecked(site.director)).toBe(there);
    expect(site.services[0].check !== undefined).toBe(there);
  });
});

describe("the sorry page", () => {
  const six = { network: { cidr6: "fd00:16::/64" } };
  const addressOf = (service: object, more: object = {}) =>
    siteOf({ sorryServer: {}, services: [{}, service], ...six, ...more }).services[1]!.sorryAddress;

  test("is on the directors' loopback, of the service's own family", () => {
    expect(addressOf({ port: 81 })).toBe("127.0.0.1");
    expect(addressOf({ vip: "fd00:16::41" })).toBe("::1");
  });

  test("is for browsers alone", () => {
    expect(addressOf({ port: 22 })).toBeUndefined();
    expect(addressOf({ port: 7007, protocol: "udp" })).toBeUndefined();
  });

  test("is at a machine where one is wanted, and that has no other role", () => {
    const sorryServer = { on: "machine", retryAfterSeconds: 5 };
    const site = siteOf({ sorryServer });
    expect(site.sorry).toMatchObject({
      retryAfterSeconds: 5,
      machine: { name: "sorry", role: "sorryServer", address: "172.16.0.38" },
    });
    expect(site.services[0].sorryAddress).toBe("172.16.0.38");
    expect(addressOf({ vip: "fd00:16::41" }, { sorryServer })).toBe("fd00:16::26");
    expect(machinesOf(site).map(({ name }) => name)).toContain("sorry");
  });

  test("is nowhere where nobody asked for one", () => {
    const site = siteOf();
    expect([site.sorry, site.services[0].sorryAddress]).toEqual([undefined, undefined]);
  });
});

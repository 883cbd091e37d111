import { resolveSite } from "../../../settings/resolve";
import { type SiteSettings, machinesOf } from "../../../settings/site";
import type { Forwarding } from "../../../settings/forwarding";
import { type Frame, parseFrame } from "../../../verify/wire/capture";
import { follow, packetPathText, wireProblem } from "../../../verify/wire/packetPath";

describe("a line of tcpdump", () => {
  const head = "1700000000.001000 52:54:ac:10:00:1f > 52:54:ac:10:00:20, IPv4, length 74:";

  test("tells MACs, addresses and ports", () => {
    expect(parseFrame(`${head} 172.16.0.1.45678 > 172.16.0.40.80: tcp 0`)).toEqual({
      time: 1700000000.001,
      by: "52:54:ac:10:00:1f",
      to: "52:54:ac:10:00:20",
      source: { address: "172.16.0.1", port: 45678 },
      destination: { address: "172.16.0.40", port: 80 },
      text: "tcp 0",
    });
  });

  test("tells what is inside a tunnel, and its ends", () => {
    expect(
      parseFrame(`${head} 172.16.0.31 > 172.16.0.32: 172.16.0.1.45678 > 172.16.0.40.80: tcp 0`),
    ).toMatchObject({
      source: { address: "172.16.0.1", port: 45678 },
      destination: { address: "172.16.0.40", port: 80 },
      outside: { source: "172.16.0.31", destination: "172.16.0.32" },
    });
  });

  test("tells IPv6, UDP, SCTP, and what has no ports", () => {
    const six = head.replace("IPv4", "IPv6");
    expect(parseFrame(`${six} fd00:16::1.45678 > fd00:16::40.80: tcp 0`)).toMatchObject({
      source: { address: "fd00:16::1", port: 45678 },
      destination: { address: "fd00:16::40", port: 80 },
    });
    expect(parseFrame(`${head} 172.16.0.1.5000 > 172.16.0.40.7007: UDP, length 7`)?.destination.port).toBe(
      7007,
    );
    expect(
      parseFrame(`${head} 172.16.0.1.41001 > 172.16.0.40.7009: sctp (1) [INIT] [init tag: 1]`)?.source.port,
    ).toBe(41001);
    const advertised = parseFrame(
      `${six} fd00:16::40 > fd00:16::1: ICMP6, neighbor advertisement, tgt is fd00:16::40, length 32`,
    );
    expect(advertised).toMatchObject({
      source: { address: "fd00:16::40", port: 0 },
      text: "ICMP6, neighbor advertisement, tgt is fd00:16::40, length 32",
    });
  });

  test("that is no IP packet tells nothing", () => {
    expect(
      parseFrame(`${head.replace("IPv4", "ARP")} Request who-has 172.16.0.40 tell 172.16.0.1, length 28`),
    ).toBe(undefined);
    expect(parseFrame("")).toBe(undefined);
  });
});

/** The director and rs1 on two networks, the hypervisor's MAC on both. */
function siteOf(forwarding: Forwarding): SiteSettings {
  const port = forwarding === "nat" || forwarding === "fullnat" ? { realServerPort: 8080 } : {};
  return resolveSite("t", {
    content: "static",
    network: { cidr: "172.16.0.0/24", forward: "open" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }],
    services: [{ vip: "172.16.0.40", scheduler: "rr", forwarding, ...port }],
    realServers: [{}, {}],
  });
}

const hypervisor = "52:54:00:00:00:01";
const [cip, vip] = ["172.16.0.1.45678", "172.16.0.40.80"];

/** What was seen, as `WHO > WHOM: ADDRESSES` a line, and what is made of it. */
function packetPathOf(forwarding: Forwarding, lines: readonly string[]) {
  const site = siteOf(forwarding);
  const names = new Map([
    [hypervisor, "hypervisor"],
    ...machinesOf(site).flatMap(({ name, nics }) => nics.map(({ mac }) => [mac, name] as const)),
  ]);
  const rip = site.services[0].destinations[0]!.address;
  const dip = site.director.nics.find(({ addresses }) => addresses[0].startsWith("172.16.1."))!.addresses[0];
  const macOf = (name: string) => [...names].find(([, known]) => known === name)![0];
  const frames = lines.map((line, index): Frame => {
    const [, by, to, addresses] = /^(\S+) > (\S+): (.*)$/.exec(line)!;
    const filled = addresses!
      .replaceAll("CIP", cip)
      .replaceAll("VIP", vip)
      .replaceAll("RIP", rip)
      .replaceAll("DIP", dip);
    return parseFrame(`${index}.5 ${macOf(by!)} > ${macOf(to!)}, IPv4, length 60: ${filled}: tcp 0`)!;
  });
  const [client, virtual] = [
    { address: "172.16.0.1", port: 45678 },
    { address: "172.16.0.40", port: 80 },
  ];
  return follow(site, names, frames, { service: site.services[0], client, vip: virtual });
}

const right: Record<Forwarding, string[]> = {
  dr: ["hypervisor > director: CIP > VIP", "director > rs1: CIP > VIP", "rs1 > hypervisor: VIP > CIP"],
  nat: [
    "hypervisor > director: CIP > VIP",
    "director > rs1: CIP > RIP.8080",
    "rs1 > director: RIP.8080 > CIP",
    "director > hypervisor: VIP > CIP",
  ],
  tun: [
    "hypervisor > director: CIP > VIP",
    "director > hypervisor: DIP > RIP: CIP > VIP",
    "hypervisor > rs1: DIP > RIP: CIP > VIP",
    "rs1 > hypervisor: VIP > CIP",
  ],
  fullnat: [
    "hypervisor > director: CIP > VIP",
    "director > rs1: DIP.45678 > RIP.8080",
    "rs1 > director: RIP.8080 > DIP.45678",
    "director > hypervisor: VIP > CIP",
  ],
};

test.each(Object.entries(right))("%s is known by the way of its packets", (forwarding, lines) => {
  const packetPath = packetPathOf(forwarding as Forwarding, lines);
  expect(wireProblem(packetPath)).toBe("");
  expect(packetPath).toMatchObject({ client: "hypervisor", server: "rs1" });
});

test("a director's own health checks are no step of full NAT", () => {
  const check = ["director > rs2: DIP.50000 > RIP.8080", "rs2 > director: RIP.8080 > DIP.50000"];
  const [asked, ...others] = right.fullnat;
  expect(wireProblem(packetPathOf("fullnat", [...check, asked!, ...check, ...others]))).toBe("");
});

test("each way is told once, in order, by roles", () => {
  expect(packetPathText(packetPathOf("tun", [...right.tun, ...right.tun]))).toBe(
    "hypervisor to director: CIP > VIP; director to hypervisor: DIP > RIP [CIP > VIP]; " +
      "hypervisor to rs1: DIP > RIP [CIP > VIP]; rs1 to hypervisor: VIP > CIP",
  );
});

test.each([
  ["dr", "nat"],
  ["nat", "fullnat"],
  ["tun", "dr"],
  ["fullnat", "nat"],
] as const)("%s that packets pass as %s is found out", (forwarding, really) => {
  expect(wireProblem(packetPathOf(forwarding, right[really]))).toMatch(
    `${forwarding} is client: CIP > VIP; director:`,
  );
});

test("direct routing whose reply goes through the director is found out", () => {
  const back = ["rs1 > director: VIP > CIP"];
  expect(wireProblem(packetPathOf("dr", [...right.dr.slice(0, 2), ...back]))).toBe(
    "the reply went to the director's MAC",
  );
  expect(
    wireProblem(packetPathOf("dr", [...right.dr.slice(0, 2), ...back, "director > hypervisor: VIP > CIP"])),
  ).toMatch("dr is client");
});

test("NAT whose reply goes past the director is found out", () => {
  const past = [...right.nat.slice(0, 2), "rs1 > hypervisor: RIP.8080 > CIP", right.nat[3]!];
  expect(wireProblem(packetPathOf("nat", past))).toBe("the reply did not go to the director's MAC");
});

test("other connections leave no trace in a path", () => {
  const others = ["hypervisor > director: 172.16.0.1.45679 > VIP", "director > rs1: DIP.22 > RIP.22"];
  expect(packetPathOf("dr", [...others, ...right.dr]).steps).toHaveLength(3);
});

test("nothing seen is told as such", () => {
  const packetPath = packetPathOf("dr", []);
  expect(packetPathText(packetPath)).toBe("nothing was seen");
  expect(wireProblem(packetPath)).toMatch("dr is client");
});

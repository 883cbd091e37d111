import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import type { RunningSite } from "../../../running/runningSite";
import type { Claim } from "../../../verify/claim";
import {
  type Persistent,
  clientNetwork,
  persistenceClaims,
  persistentClientsClaims,
} from "../../../verify/balancing/persistence";
import { templatesOf, timeoutClaims } from "../../../verify/balancing/persistenceTimeout";

const persistence = { timeoutSeconds: 10 };
const site = resolveSite("t", {
  content: "static",
  network: { cidr: "172.16.0.0/16" },
  director: { address: "172.16.9.1", timeouts: { tcpFinSeconds: 2 } },
  services: [
    { name: "pfwm", vip: "172.16.66.1", ports: [80, 8080], fwmark: 66, scheduler: "rr", persistence },
    { name: "a", vip: "172.16.66.3", port: 80, scheduler: "rr", persistence },
    { name: "b", vip: "172.16.66.3", port: 8080, scheduler: "rr", persistence },
    {
      name: "networks",
      vip: "172.16.66.4",
      scheduler: "rr",
      persistence: { ...persistence, netmask: "255.255.255.0" },
    },
    { name: "long", vip: "172.16.66.5", scheduler: "rr", persistence: {} },
    { name: "none", vip: "172.16.66.6", scheduler: "rr" },
  ],
  realServers: [{}, {}],
  client: { address: "172.16.10.1", sources: 4 },
});
const ids = (checks: readonly Claim[]) => checks.map(({ id }) => id);

test("what persistence must show depends on the site", () => {
  expect(ids(persistenceClaims(site))).toEqual(
    ["pfwm", "a", "b", "networks", "long"].map((name) => `persistence:${name}`),
  );
  expect(ids(persistentClientsClaims(site))).toEqual([
    ...["pfwm", "a", "b", "networks", "long"].map((name) => `persistence-clients:${name}`),
    "persistence-ports:a+b",
  ]);
  // Nobody waits for 300 s.
  expect(ids(timeoutClaims(site))).toEqual(
    ["pfwm", "a", "b", "networks"].map((name) => `persistence-timeout:${name}`),
  );
  const alone: SiteSettings = { ...site, client: undefined };
  expect([...persistentClientsClaims(alone), ...timeoutClaims(alone)]).toEqual([]);
});

test("a client counts as its network", () => {
  const [, one, , many] = site.services as readonly Persistent[];
  expect(clientNetwork(one!, "172.16.10.4")).toBe("172.16.10.4");
  expect(clientNetwork(many!, "172.16.10.4")).toBe("172.16.10.0");
});

test("templates are the lines of a service without a client's port", () => {
  const listing = `IPVS connection entries
pro expire state       source             virtual            destination
IP  00:08  NONE        172.16.10.1:0      0.0.0.66:0         172.16.9.2:0
TCP 00:09  ASSURED     172.16.10.1:0      172.16.66.3:80     172.16.9.2:80
TCP 00:01  FIN_WAIT    172.16.10.1:40000  172.16.66.3:80     172.16.9.2:80
`;
  const [marked, plain, other] = site.services;
  expect(templatesOf(marked, listing)).toHaveLength(1);
  expect(templatesOf(plain!, listing)).toEqual([
    "TCP 00:09  ASSURED     172.16.10.1:0      172.16.66.3:80     172.16.9.2:80",
  ]);
  expect(templatesOf(other!, listing)).toEqual([]);
});

/** A lab whose client machine is answered by `serverOf`, called for each call in turn. */
function labOf(serverOf: (port: string, from: string, vip: string) => string): RunningSite {
  const execOk = (_name: string, script: string) => {
    const calls = script.matchAll(
      /url = "http:\/\/([\d.]+):(\d+)[^"]*"[^]*?"(\d+) %[^]*?interface = "([\d.]+)"/g,
    );
    const lines = [...calls].map(
      ([, vip, port, number, from]) => `${number!} 200 ${from!} 5000 ${serverOf(port!, from!, vip!)}`,
    );
    return Promise.resolve(lines.join("\n"));
  };
  return { site, execOk } as unknown as RunningSite;
}

const check = (id: string) => persistentClientsClaims(site).find((known) => known.id === id)!;

/** As IPVS with rr: whoever is new gets the next real server. */
function roundRobin(keyOf: (port: string, from: string, vip: string) => string, service = keyOf) {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  return (port: string, from: string, vip: string) => {
    const key = keyOf(port, from, vip);
    const counter = service(port, "", vip);
    if (!known.has(key)) {
      counts.set(counter, (counts.get(counter) ?? 0) + 1);
      known.set(key, `rs${(counts.get(counter)! % 2) + 1}`);
    }
    return known.get(key)!;
  };
}

const perPort = (port: string, from: string, vip: string) => `${from} ${vip}:${port}`;
const perVip = (_port: string, from: string, vip: string) => `${from} ${vip}`;
const perNetwork = (_port: string, _from: string, vip: string) => vip;

describe("clients of one address each", () => {
  test("are found to stay, and not all at one real server", async () => {
    const running = labOf(roundRobin(perVip));
    expect(await check("persistence-clients:pfwm").prove(running)).toBe(
      "12 connections from 4 addresses: rs1 6, rs2 6",
    );
  });

  test("that change with the port are found out", async () => {
    const running = labOf(roundRobin(perPort, () => "all"));
    await expect(check("persistence-clients:pfwm").prove(running)).rejects.toThrow("did not stay");
  });

  test("that are all given to one real server are found out", async () => {
    await expect(check("persistence-clients:a").prove(labOf(() => "rs1"))).rejects.toThrow("rs1 8, rs2 0");
  });
});

test("clients of one network are found to count as one, and found out when they do not", async () => {
  const networks = check("persistence-clients:networks");
  expect(networks.text).toBe("networks: clients of one network (mask 255.255.255.0) count as one");
  expect(await networks.prove(labOf(roundRobin(perNetwork)))).toBe(
    "8 connections from 4 addresses: rs1 0, rs2 8",
  );
  await expect(networks.prove(labOf(roundRobin(perVip)))).rejects.toThrow("172.16.10.0 did not stay");
});

test("two ports' services are found to keep their clients apart, however their schedulers stand", async () => {
  const both = check("persistence-ports:a+b");
  for (const start of ["80", "8080"]) {
    const serverOf = roundRobin(perPort);
    serverOf(start, "somebody", "172.16.66.3");
    expect(await both.prove(labOf(serverOf))).toMatch(/rs1 and rs2|rs2 and rs1/);
  }
  await expect(both.prove(labOf(roundRobin(perVip)))).rejects.toThrow("172.16.10.1 has rs2 and rs2");
});

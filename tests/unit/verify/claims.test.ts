import { readFileSync } from "node:fs";
import { resolveSite } from "../../../settings/resolve";
import { claimsOf } from "../../../verify/claims";
import { lab, labNames } from "../labs";

const ids = (raw: Record<string, unknown>) => claimsOf(resolveSite("t", raw)).map(({ id }) => id);

/** Of every site on which something is laid down. */
const everywhere = ["ipvs-table", "redirects", "ports", "ssh", "reach", "run-twice"];

test("a WordPress site with direct routing is proven by these", () => {
  expect(ids({ services: [{ scheduler: "rr" }] })).toEqual([
    "ipvs-table",
    "distribution:web",
    "wire:web",
    "arp:172.16.0.40",
    "client-address",
    "front-page",
    "links",
    "ready",
    "upload",
    "post",
    "page-cache",
    "php-caches",
    "cron",
    "cron-takeover",
    "direct-return",
    "php-in-uploads",
    "well-known",
    "xmlrpc",
    "users",
    "closed",
    "security-headers",
    "login-limit",
    "sessions",
    "page-age",
    "database-clients",
    "nfs-clients",
    "repairs:timeouts",
    "ports",
    "ssh",
    "wp-config",
    "real-servers",
    "redirects",
    "php-confined",
    "database-tls",
    "database-plain",
    "reach",
    "drain:web",
    "page-stale",
    "page-nfs",
    "status",
    "repairs:firewall",
    "run-twice",
  ]);
});

test("a WordPress site that keeps no pages, with one real server, is proven to size PHP's caches and to run what is due", () => {
  const some = ids({ cache: { page: { seconds: 0 } }, realServers: [{}] });
  expect(some.filter((id) => /^(page|php-caches|cron)/.test(id))).toEqual(["php-caches", "cron"]);
});

test("a static site behind NAT is proven by these", () => {
  const raw = {
    content: "static",
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    services: [{ scheduler: "wrr", forwarding: "nat" }],
  };
  expect(ids(raw)).toEqual([
    "ipvs-table",
    "distribution:web",
    "wire:web",
    "arp:172.16.0.40",
    "upload:web",
    "client-address:web",
    "repairs:timeouts",
    "ports",
    "ssh",
    "redirects",
    "reach",
    "drain:web",
    "status",
    "repairs:firewall",
    "run-twice",
  ]);
});

test("TLS with a redirect adds its own", () => {
  const raw = { content: "static", tls: { redirect: true }, services: [{ ports: [80, 443] }] };
  expect(ids(raw)).toEqual(
    expect.arrayContaining([
      ...everywhere,
      "tls:172.16.0.40:443",
      "tls-versions:172.16.0.40:443",
      "redirect:172.16.0.40:80",
    ]),
  );
});

test("IPv6 is asked for neighbours by NDP", () => {
  const raw = {
    content: "static",
    network: { cidr: "172.16.0.0/24", cidr6: "fd00:16::/64" },
    services: [{ vip: "fd00:16::40" }],
  };
  expect(ids(raw)).toContain("ndp:fd00:16::40");
  expect(ids(raw).filter((id) => id.startsWith("arp:"))).toEqual([]);
});

test("storage on a network behind is proven to be out of reach", () => {
  const raw = {
    content: "static",
    networks: [{ name: "storage", cidr: "192.168.7.0/24", forward: "none" }],
    director: { addresses: ["172.16.0.31", "192.168.7.31"] },
    realServers: [{ addresses: ["172.16.0.32", "192.168.7.32"] }],
    nfs: { address: "192.168.7.34" },
  };
  expect(ids(raw)).toEqual(expect.arrayContaining([...everywhere, "isolation", "nfs-clients"]));
  expect(ids({ content: "static", nfs: {} })).not.toContain("isolation");
});

test("what a setting switches is proven where it is on", () => {
  const switched = ["login-limit", "php-confined", "reach", "security-updates"];
  const on = (raw: object) => ids({ ...raw }).filter((id) => switched.includes(id));
  expect(on({ securityUpdates: true, nameServers: ["192.0.2.53"] })).toEqual([
    ...switched.slice(0, 2),
    "security-updates",
    "reach",
  ]);
  expect(on({ firewall: false, wordpress: { loginsPerMinute: 0 } })).toEqual(["php-confined"]);
  expect(on({ wordpress: { loginsPerMinute: 121 } })).toEqual(["php-confined", "reach"]);
  expect(on({ content: "shop" })).toEqual(["php-confined", "reach"]);
  expect(on({ content: "static" })).toEqual(["reach"]);
});

test("two lines with a client beyond are told apart", () => {
  const open = { forward: "open" };
  const raw = {
    content: "static",
    network: { cidr: "172.16.36.0/24", ...open },
    networks: [
      { name: "line2", cidr: "172.16.37.0/24", ...open },
      { name: "inside", cidr: "172.16.39.0/24", forward: "none" },
      { name: "beyond", cidr: "172.16.38.0/24", ...open },
    ],
    director: { addresses: ["172.16.36.31", "172.16.37.31", "172.16.39.31"] },
    services: [
      { name: "line1", vip: "172.16.36.40", forwarding: "nat" },
      { name: "line2", vip: "172.16.37.40", forwarding: "nat" },
    ],
    realServers: [{ address: "172.16.39.32" }, { address: "172.16.39.33" }],
    client: { address: "172.16.38.100" },
  };
  expect(ids(raw)).toEqual(expect.arrayContaining(["line:line1", "line:line2"]));
  expect(
    ids({ ...raw, client: { address: "172.16.36.100" } }).filter((id) => id.startsWith("line:")),
  ).toEqual([]);
});

test("SCTP is proven where there is a client machine, and FTP by a download", () => {
  const raw = {
    content: "static",
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    services: [
      { name: "sctp", port: 7009, protocol: "sctp", scheduler: "rr", forwarding: "nat" },
      { name: "ftp", port: 21, forwarding: "nat" },
    ],
  };
  expect(ids(raw)).toEqual(expect.arrayContaining(["wire:ftp", "ftp:ftp"]));
  expect(ids(raw)).not.toContain("distribution:sctp");
  expect(ids(raw)).not.toContain("distribution:ftp");
  expect(ids({ ...raw, client: {} })).toEqual(expect.arrayContaining(["distribution:sctp", "wire:sctp"]));
});

test("ssh is tried by turns, and not by schedulers that look at held connections", () => {
  const ssh = (scheduler: string) =>
    ids({ content: "static", services: [{ name: "ssh", port: 22, scheduler }] });
  expect(ssh("rr")).toContain("distribution:ssh");
  expect(ssh("wlc")).not.toContain("distribution:ssh");
});

test("a shop is proven to take orders", () => {
  expect(ids({ content: "shop" })).toEqual(expect.arrayContaining([...everywhere, "shop:web", "upload:web"]));
});

test("code on the real servers is proven to be nobody's to change, and to be pushed where it is", () => {
  const local = { wordpress: { shared: "uploads" } };
  const pushing = ["push-key", "pushed-changes", "pushed-again", "pushed-later"];
  expect(ids(local)).toEqual(
    expect.arrayContaining([...everywhere, "immutable-code", "upload", "wp-config"]),
  );
  expect(ids(local).filter((id) => id.startsWith("push"))).toEqual([]);
  expect(ids({ ...local, sync: "lsyncd" }).filter((id) => id.startsWith("push"))).toEqual(pushing);
  expect(ids({ content: "static", sync: "lsyncd" })).toEqual(
    expect.arrayContaining([...everywhere, ...pushing]),
  );
});

test("where nothing is laid down, machines alone are looked at", () => {
  expect(ids({ layDown: false })).toEqual(["ports", "ssh"]);
});

test("no id is there twice", () => {
  const all = ids({
    content: "static",
    client: { sources: 3 },
    services: [
      { name: "a", port: 80, persistence: { timeoutSeconds: 5 } },
      { name: "b", port: 81, persistence: {} },
      { name: "c", vip: "172.16.0.41" },
    ],
    director: { timeouts: { tcpFinSeconds: 2 } },
    realServers: [{ upperThreshold: 10 }, {}],
  });
  expect(new Set(all).size).toBe(all.length);
  expect(all).toEqual(
    expect.arrayContaining([
      "threshold:c",
      "persistence:a",
      "persistence-ports:a+b",
      "persistence-timeout:a",
    ]),
  );
});

test("who is drained already is not drained once more", () => {
  const drained = { realServers: [{ drained: true }, {}] };
  expect(ids({})).toContain("drain:web");
  expect(ids(drained)).toEqual(ids({}).filter((id) => id !== "drain:web"));
});

describe("what a page shows of verify", () => {
  const pages = [["README.md", "dr-wordpress"], ...labNames.map((name) => [`docs/labs/${name}.md`, name])];
  /** Their pages show other commands. */
  const without = ["ha-dr", "ha-full", "ha-nat", "monitored"];
  const shownBy = (page: string) =>
    [...readFileSync(page, "utf8").matchAll(/^ {4}ok {3}(.*) \([\d.]+ s\)$/gm)].map(([, claim]) => claim);

  test.each(pages.filter(([, name]) => !without.includes(name!)))(
    "%s shows what is still claimed of %s",
    (page, name) => {
      const shown = shownBy(page);
      expect(shown).not.toEqual([]);
      expect(claimsOf(lab(name)).map(({ text }) => text)).toEqual(expect.arrayContaining(shown));
    },
  );

  test.each(without)("the page of %s shows nothing of verify", (name) => {
    expect(shownBy(`docs/labs/${name}.md`)).toEqual([]);
  });
});

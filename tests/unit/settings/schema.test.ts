import { forwardings } from "../../../settings/forwarding";
import { keysAt, siteSchema } from "../../../settings/schema";

test("the root knows every group of settings", () => {
  expect(keysAt([])).toEqual([
    "hypervisor",
    "image",
    "layDown",
    "content",
    "firewall",
    "managementCidrs",
    "securityUpdates",
    "debianMirror",
    "nameServers",
    "network",
    "networks",
    "directors",
    "director",
    "vrrp",
    "sorryServer",
    "services",
    "realServers",
    "php",
    "cache",
    "nfs",
    "sync",
    "source",
    "mysql",
    "backup",
    "client",
    "tls",
    "wordpress",
  ]);
});

const machine = ["address", "addresses", "memoryMiB", "vcpus"];

test.each([
  [["director"], [...machine, "peer", "manager", "health", "drainSeconds", "timeouts"]],
  [
    ["director", "peer"],
    ["address", "addresses"],
  ],
  [["vrrp"], ["advertSeconds", "routerId", "gateways"]],
  [["sorryServer"], ["on", "address", "retryAfterSeconds"]],
  [
    ["director", "timeouts"],
    ["tcpSeconds", "tcpFinSeconds", "udpSeconds"],
  ],
  [
    ["services", 0],
    [
      "name",
      "vip",
      "vips",
      "port",
      "ports",
      "fwmark",
      "protocol",
      "scheduler",
      "schedulerFlags",
      "forwarding",
      "check",
      "persistence",
      "onePacket",
      "realServerPort",
      "realServers",
      "application",
    ],
  ],
  [
    ["services", 0, "check"],
    [
      "type",
      "path",
      "status",
      "host",
      "script",
      "intervalSeconds",
      "timeoutSeconds",
      "retries",
      "onFailure",
      "minHealthy",
    ],
  ],
  [
    ["services", 3, "persistence"],
    ["timeoutSeconds", "netmask"],
  ],
  [
    ["realServers", 7],
    ["name", ...machine, "weight", "drained", "upperThreshold", "lowerThreshold"],
  ],
  [["network"], ["cidr", "gateway", "cidr6", "forward"]],
  [
    ["networks", 1],
    ["name", "cidr", "gateway", "cidr6", "forward"],
  ],
  [["tls"], ["names", "validityDays", "renewalDays", "redirect", "certificateFile", "keyFile"]],
  [["client"], [...machine, "sources"]],
])("the object at %j knows its settings, through defaults and lists", (path, keys) => {
  expect(keysAt(path)).toEqual(keys);
});

test.each([
  [["services"]],
  [["network", "cidr"]],
  [["services", 0, "ports", 0]],
  [["nowhere"]],
  [["nowhere", 0, "deep"]],
])("there are no keys at %j, where no object is", (path) => {
  expect(keysAt(path)).toEqual([]);
});

test("every setting says what it means", () => {
  const silent: string[] = [];
  const visit = (path: readonly (string | number)[]): void => {
    for (const key of keysAt(path)) {
      const inside = [...path, key];
      const described = siteShape(inside);
      if (!described) silent.push(inside.join("."));
      visit(inside);
      visit([...inside, 0]);
    }
  };
  visit([]);
  expect(silent).toEqual([]);
});

test.each([0, 3, "0%", "50%", "100%"])("%j is a number of servers, or a share of them", (minHealthy) => {
  expect(siteSchema.parse({ services: [{ check: { minHealthy } }] }).services[0]!.check).toMatchObject({
    minHealthy,
  });
});

test.each([-1, 1.5, "50", "101%", "05%", "-1%", "half"])("%j is neither", (minHealthy) => {
  const { error } = siteSchema.safeParse({ services: [{ check: { minHealthy } }] }, { reportInput: true });
  expect(error?.issues.map(({ message }) => message)).toEqual([
    `${JSON.stringify(minHealthy)} is neither a number of servers nor a share of them; write one like 1 or "50%"`,
  ]);
});

test.each([
  [0.05, []],
  [40, []],
  [0.01, ["0.01 is too small; write a number from 0.05 to 40"]],
  [41, ["41 is too large; write a number from 0.05 to 40"]],
  ["1", ['"1" is no number; write one from 0.05 to 40']],
])("adverts every %j s", (advertSeconds, messages) => {
  const { error } = siteSchema.safeParse({ vrrp: { advertSeconds } }, { reportInput: true });
  expect((error?.issues ?? []).map(({ message }) => message)).toEqual(messages);
});

test("direct routing is a forwarding method", () => {
  expect(forwardings).toContain("dr");
});

/** The description of the setting at `path`. */
function siteShape(path: readonly (string | number)[]): string | undefined {
  type Inner = { description?: string; shape?: object; element?: unknown; unwrap?: () => unknown };
  const open = (schema: unknown): Inner => {
    const inner = schema as Inner;
    return inner.shape || inner.element || !inner.unwrap ? inner : open(inner.unwrap());
  };
  let schema: unknown = siteSchema;
  for (const part of path) {
    const inner = open(schema);
    schema = typeof part === "number" ? inner.element : (inner.shape as Record<string, unknown>)[part];
  }
  return (schema as Inner).description;
}

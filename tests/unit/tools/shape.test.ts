import { parseDocument } from "yaml";
import { resolveSite } from "../../../settings/site";
import { type Source, apply, differences } from "../../../tools/shape";

const source = (settings: Record<string, unknown>, imageHash?: string): Source => ({
  site: resolveSite("any", settings),
  imageHash,
});
const told = (from: Source, to: Source) =>
  differences(from, to).map(({ path, before, after }) => [path.join("."), before, after]);

test("two sites of one shape differ in nothing, whatever their places and sizes", () => {
  const here = source({ wordpress: { title: "Here" } });
  const there = source({ network: { cidr: "172.16.9.0/24" }, mysql: { memoryMiB: 2048 } });
  expect(told(here, there)).toEqual([]);
});

test("scheduler, weights, listener and image travel", () => {
  const from = source(
    { services: [{ scheduler: "wrr" }], realServers: [{ weight: 3 }, {}], php: { listener: "unix" } },
    "0123456789ab",
  );
  expect(told(from, source({}))).toEqual([
    ["php.listener", "tcp", "unix"],
    ["services.0.scheduler", "wlc", "wrr"],
    ["realServers.0.weight", 1, 3],
    ["image.hash", undefined, "0123456789ab"],
  ]);
});

test("the number of real servers is a size and stays", () => {
  expect(told(source({ realServers: [{}, {}, { weight: 5 }] }), source({}))).toEqual([]);
  expect(told(source({}), source({ realServers: [{}, {}, { weight: 5 }] }))).toEqual([]);
});

test("a service more comes along without its VIP, a service less goes", () => {
  const two = source({ services: [{}, { name: "alt", vip: "172.16.0.50", port: 8080 }] });
  expect(told(two, source({}))).toEqual([
    ["services.1.name", undefined, "alt"],
    ["services.1.port", undefined, 8080],
    ["services.1.protocol", undefined, "tcp"],
    ["services.1.scheduler", undefined, "wlc"],
    ["services.1.forwarding", undefined, "dr"],
  ]);
  expect(told(source({}), two).map(([path, , after]) => [path, after])).toContainEqual([
    "services.1.port",
    undefined,
  ]);
});

test("services that share a VIP share the target's", () => {
  const target = source({ network: { cidr: "172.16.9.0/24" }, services: [{ vip: "172.16.9.77" }] });
  expect(told(source({ services: [{}, { port: 8080 }] }), target)).toContainEqual([
    "services.1.vip",
    undefined,
    "172.16.9.77",
  ]);
});

test("what is written leaves comments, addresses and everything else as they were", () => {
  const text = `# ours
config:
  lvs-wordpress:network:
    cidr: 172.16.9.0/24 # stays
  lvs-wordpress:services:
    - vip: 172.16.9.77
      scheduler: rr # why
  lvs-wordpress:realServers:
    - name: first
    - name: second
`;
  const document = parseDocument(text);
  const from = source({ services: [{ scheduler: "wrr" }], realServers: [{ weight: 3 }, {}] }, "0123456789ab");
  const to = source({
    network: { cidr: "172.16.9.0/24" },
    services: [{ vip: "172.16.9.77", scheduler: "rr" }],
    realServers: [{ name: "first" }, { name: "second" }],
  });
  apply(document, differences(from, to));
  expect(document.toString()).toBe(`# ours
config:
  lvs-wordpress:network:
    cidr: 172.16.9.0/24 # stays
  lvs-wordpress:services:
    - vip: 172.16.9.77
      scheduler: wrr # why
  lvs-wordpress:realServers:
    - name: first
      weight: 3
    - name: second
  lvs-wordpress:image:
    hash: 0123456789ab
`);
});

test("a service that went is gone from the file, the others stay", () => {
  const document = parseDocument("config:\n  lvs-wordpress:services:\n    - port: 80\n    - port: 8080\n");
  apply(document, differences(source({}), source({ services: [{}, { port: 8080 }] })));
  expect(document.toString()).toBe("config:\n  lvs-wordpress:services:\n    - port: 80\n");
});

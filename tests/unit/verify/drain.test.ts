import { resolveSite } from "../../../settings/resolve";
import { drainClaims } from "../../../verify/balancing/drain";

const site = (raw: Record<string, unknown>) => resolveSite("dev", { content: "static", ...raw });

test.each([
  ["one real server", { realServers: [{}] }],
  ["one that takes clients", { realServers: [{}, { weight: 0 }] }],
  ["one whose other service has nobody else", { services: [{}, { port: 81, realServers: ["rs1"] }] }],
  ["clients that stay", { services: [{ persistence: {} }] }],
  ["a scheduler by source", { services: [{ scheduler: "sh" }] }],
  ["no web", { services: [{ port: 22 }] }],
])("nothing is drained where there is %s", (_what, raw) => {
  expect(drainClaims(site(raw))).toEqual([]);
});

test("the first service that can be drained is", () => {
  const services = [
    { name: "ssh", port: 22 },
    { name: "held", port: 8080, persistence: {} },
    { name: "web" },
  ];
  expect(drainClaims(site({ services })).map(({ id }) => id)).toEqual(["drain:web"]);
});

import { resolveSite } from "../../../settings/resolve";
import { drainChecks, quiesceRule } from "../../../verify/drain";

const site = (raw: Record<string, unknown>) => resolveSite("dev", { content: "static", ...raw });

test("a real server is quiesced by an edit of its own rule, all else as it was", () => {
  const limited = site({ realServers: [{}, { weight: 7, upperThreshold: 9, lowerThreshold: 5 }] });
  expect(quiesceRule(limited, limited.services[0]!, "rs2")).toBe(
    "-e -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 0 -x 9 -y 5",
  );
});

test.each([
  ["one real server", { realServers: [{}] }],
  ["one that takes clients", { realServers: [{}, { weight: 0 }] }],
  ["clients that stay", { services: [{ persistence: {} }] }],
  ["a scheduler by source", { services: [{ scheduler: "sh" }] }],
  ["no web", { services: [{ port: 22 }] }],
])("nothing is drained where there is %s", (_what, raw) => {
  expect(drainChecks(site(raw))).toEqual([]);
});

test("the first service that can be drained is", () => {
  const services = [
    { name: "ssh", port: 22 },
    { name: "held", port: 8080, persistence: {} },
    { name: "web" },
  ];
  expect(drainChecks(site({ services })).map(({ id }) => id)).toEqual(["drain:web"]);
});

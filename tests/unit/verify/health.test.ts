import { resolveSite } from "../../../settings/resolve";
import { asBalanced } from "../../../settings/site";
import type { Lab } from "../../../running/runningSite";
import { detectionSeconds, healthChecks, sorryChecks } from "../../../verify/balancing/health";
import { pairChecks } from "../../../verify/balancing/pair";

const site = (raw: Record<string, unknown>) =>
  resolveSite("dev", { content: "static", director: { manager: "keepalived" }, ...raw });
const ids = (checks: readonly { id: string }[]) => checks.map(({ id }) => id);

test("a fault is found within the interval times the retries, and one timeout", () => {
  const check = { intervalSeconds: 5, timeoutSeconds: 4, retries: 3 };
  expect(detectionSeconds(site({ services: [{ check }] }).services[0]!)).toBe(19);
});

test("a real server is tried without nginx, and without the VIP where it holds one", () => {
  expect(ids(healthChecks(site({})))).toEqual(["health:web", "health-vip:web"]);
  const nat = {
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    services: [{ forwarding: "nat" }],
  };
  expect(ids(healthChecks(site(nat)))).toEqual(["health:web"]);
  expect(ids(healthChecks(site({ services: [{ check: { path: "/healthz" } }] })))).toEqual(["health:web"]);
});

test.each<[string, Record<string, unknown>]>([
  ["nobody checks", { director: {} }],
  ["there is one real server", { realServers: [{}] }],
  ["none may be taken out", { services: [{ check: { minHealthy: "100%" } }] }],
  ["the check is switched off", { services: [{ check: { type: "none" } }] }],
])("none is stopped where %s", (_what, raw) => {
  expect(healthChecks(site(raw))).toEqual([]);
});

test.each([
  [{ realServers: [{}, { drained: true }] }],
  [{ realServers: [{ drained: true }, {}] }],
  [{ realServers: [{}, { weight: 0 }] }],
])("the only one that gets clients is not stopped: %j", (raw) => {
  expect(healthChecks(asBalanced(site(raw)))).toEqual([]);
});

test("the last one that gets clients is stopped", async () => {
  const [check] = healthChecks(asBalanced(site({ realServers: [{}, {}, { drained: true }] })));
  const tell = jest.fn().mockRejectedValue(new Error("enough"));
  await expect(check!.prove({ tell } as unknown as Lab)).rejects.toThrow("enough");
  expect(tell).toHaveBeenCalledWith("rs2", "systemctl stop nginx");
});

test("the sorry page is asked for each service that has one", () => {
  expect(ids(sorryChecks(site({ sorryServer: {}, services: [{}, { port: 22 }] })))).toEqual(["sorry:web"]);
  expect(sorryChecks(site({}))).toEqual([]);
});

test("a pair has claims of its own", () => {
  expect(ids(pairChecks(site({ directors: 2 })))).toEqual(["one-master", "sync-daemons", "sync"]);
  expect(pairChecks(site({}))).toEqual([]);
});

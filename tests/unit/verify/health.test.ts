import { resolveSite } from "../../../settings/resolve";
import { withDrainedAtZero } from "../../../settings/site";
import type { RunningSite } from "../../../running/runningSite";
import { detectionSeconds, healthClaims, sorryClaims } from "../../../verify/balancing/health";
import { pairClaims } from "../../../verify/balancing/pair";

const site = (raw: Record<string, unknown>) =>
  resolveSite("dev", { content: "static", director: { manager: "keepalived" }, ...raw });
const ids = (checks: readonly { id: string }[]) => checks.map(({ id }) => id);

test("a fault is found within the interval times the retries, and one timeout", () => {
  const check = { intervalSeconds: 5, timeoutSeconds: 4, retries: 3 };
  expect(detectionSeconds(site({ services: [{ check }] }).services[0])).toBe(19);
});

test("a real server is tried without nginx, and without the VIP where it holds one", () => {
  expect(ids(healthClaims(site({})))).toEqual(["health:web", "health-vip:web"]);
  const nat = {
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    services: [{ forwarding: "nat" }],
  };
  expect(ids(healthClaims(site(nat)))).toEqual(["health:web"]);
  expect(ids(healthClaims(site({ services: [{ check: { path: "/healthz" } }] })))).toEqual(["health:web"]);
});

test.each<[string, Record<string, unknown>]>([
  ["nobody checks", { director: {} }],
  ["there is one real server", { realServers: [{}] }],
  ["none may be taken out", { services: [{ check: { minHealthy: "100%" } }] }],
  ["the check is switched off", { services: [{ check: { type: "none" } }] }],
])("none is stopped where %s", (_what, raw) => {
  expect(healthClaims(site(raw))).toEqual([]);
});

test.each([
  [{ realServers: [{}, { drained: true }] }],
  [{ realServers: [{ drained: true }, {}] }],
  [{ realServers: [{}, { weight: 0 }] }],
])("the only one that gets clients is not stopped: %j", (raw) => {
  expect(healthClaims(withDrainedAtZero(site(raw)))).toEqual([]);
});

test("the last one that gets clients is stopped", async () => {
  const [check] = healthClaims(withDrainedAtZero(site({ realServers: [{}, {}, { drained: true }] })));
  const execOk = jest.fn().mockRejectedValue(new Error("enough"));
  await expect(check!.prove({ execOk } as unknown as RunningSite)).rejects.toThrow("enough");
  expect(execOk).toHaveBeenCalledWith("rs2", "systemctl stop nginx");
});

test("the sorry page is asked for each service that has one", () => {
  expect(ids(sorryClaims(site({ sorryServer: {}, services: [{}, { port: 22 }] })))).toEqual(["sorry:web"]);
  expect(sorryClaims(site({}))).toEqual([]);
});

test("a pair has claims of its own", () => {
  expect(ids(pairClaims(site({ directors: 2 })))).toEqual(["one-master", "sync-daemons", "sync"]);
  expect(pairClaims(site({}))).toEqual([]);
});

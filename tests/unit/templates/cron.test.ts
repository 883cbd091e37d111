import { resolveSite } from "../../../settings/resolve";
import { cronConf, cronTimer } from "../../../templates/cron";

const servers = (count: number) => Array.from({ length: count }, () => ({}));
const firstTurns = (count: number) => {
  const site = resolveSite("dev", { realServers: servers(count) });
  return site.realServers.map((server) => Number(/(\d+)s/.exec(cronTimer(site, server))![1]));
};

test("each real server has its turn once in an interval, the first within it", () => {
  const site = resolveSite("dev", { wordpress: { cronIntervalSeconds: 300 } });
  expect(cronTimer(site, site.realServers[0])).toMatch(/^OnUnitActiveSec=300s$/m);
  for (const seconds of firstTurns(8)) expect(seconds).toBeLessThanOrEqual(60);
});

test("turns of real servers are seconds apart, and do not change when another comes", () => {
  const turns = firstTurns(8).toSorted((a, b) => a - b);
  const gaps = turns.slice(1).map((seconds, index) => seconds - turns[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4);
  expect(firstTurns(3).slice(0, 2)).toEqual(firstTurns(2));
});

test("a lease outlives one turn that is missed", () => {
  expect(cronConf(resolveSite("dev", { wordpress: { cronIntervalSeconds: 45 } }))).toBe("LEASE_SECONDS=90\n");
});

import { resolveSite } from "../../../settings/resolve";
import { saidOf } from "./said";

test.each<[string, Record<string, unknown>, string]>([
  [
    "pages that are forgotten before they are old",
    { cache: { page: { seconds: 60, staleSeconds: 30 } } },
    "cache.page.staleSeconds: 30 is shorter than cache.page.seconds, 60; write at least that",
  ],
  [
    "an OPcache that leaves no room for PHP",
    { cache: { opcacheMiB: 600 } },
    "cache.opcacheMiB: 600 MiB leave rs1, which has 768, no room for PHP itself; write at most 544, or give it more memory",
  ],
  [
    "children beside a larger OPcache",
    { cache: { opcacheMiB: 160 }, php: { maxChildren: 8 } },
    "php.maxChildren: 8 children need 832 MiB and rs1 has 768; write at most 7, or give it more memory",
  ],
  [
    "wp-cron more often than its turn takes",
    { wordpress: { cronIntervalSeconds: 5 } },
    "wordpress.cronIntervalSeconds: 5 is too small; write a number from 10 to 3600",
  ],
])("%s: refused", (_what, raw, line) => {
  expect(saidOf(raw)).toContain(line);
});

test("the most that is named fits", () => {
  expect(resolveSite("dev", { cache: { opcacheMiB: 544 } }).realServers[0].phpChildren).toBe(1);
});

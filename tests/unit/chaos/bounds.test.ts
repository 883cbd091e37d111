import { directorLost, masterDownSeconds, noFailedRequest, realServerLost } from "../../../chaos/bounds";
import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import { bad, every, observed } from "./samples";

const single = resolveSite("dev", { content: "static" });
const checked = (check = {}) =>
  resolveSite("dev", { content: "static", director: { manager: "keepalived" }, services: [{ check }] });
const pair = (advertSeconds: number): SiteSettings => {
  const director = { manager: "keepalived" };
  const site = resolveSite("dev", { content: "static", directors: 2, director, vrrp: { advertSeconds } });
  return { ...site, vrrp: { ...site.vrrp!, priority: 200 } };
};

describe("a real server lost", () => {
  const bound = realServerLost(checked({ intervalSeconds: 2, timeoutSeconds: 1, retries: 3 }));

  test("is noticed after as many checks as it takes, the last of them with its whole time", () => {
    expect(bound.text).toBe("failures within 7 s, which the health checks take");
  });

  test("may fail what is due until then, and what was under way", () => {
    expect(bound.problem!(observed([...every(-4, 30), bad(-1), bad(0), bad(7.9)]))).toBeUndefined();
  });

  test("may fail nothing that is due later", () => {
    expect(bound.problem!(observed([...every(-4, 30), bad(2), bad(8.5), bad(11)]))).toBe(
      "2 requests failed later than that, the last 10 s after it",
    );
  });

  test("is promised nothing where nobody checks", () => {
    expect(realServerLost(single)).toEqual({ text: "none: no health checks" });
  });
});

describe("a director lost", () => {
  test("is noticed by VRRP's own arithmetic: three advertisements and the skew of the priority", () => {
    expect(masterDownSeconds(pair(1))).toBeCloseTo(3 + 56 / 256, 10);
    expect(masterDownSeconds(pair(0.1))).toBeCloseTo(0.3 + 5.6 / 256, 10);
  });

  test("leaves a gap of 1.3 times that at most", () => {
    const bound = directorLost(pair(1));
    expect(bound.text).toBe("gap within 4.18 s: 1.3 x VRRP's 3.22 s");
    expect(bound.problem!(observed([...every(-4, 0), ...every(4, 30)]))).toBeUndefined();
    // Requests are a second apart, so that an outage may be as much shorter than the gap.
    expect(bound.problem!(observed([...every(-4, 0), ...every(5, 30)]))).toBeUndefined();
    expect(bound.problem!(observed([...every(-4, 0), ...every(6, 30)]))).toBe(
      "no request was answered for 6 s",
    );
  });

  test("is promised nothing where it is alone", () => {
    expect(directorLost(single)).toEqual({ text: "none: one director alone" });
  });
});

test("where no request may fail, one is too many", () => {
  expect(noFailedRequest.problem!(observed(every(-4, 30)))).toBeUndefined();
  expect(noFailedRequest.problem!(observed([...every(-4, 30), bad(3)]))).toBe("1 requests failed");
});

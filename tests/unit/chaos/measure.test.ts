import { counts, figuresOf, longestGapSeconds } from "../../../chaos/measure";
import { at, bad, every, good, observed } from "./samples";

test("the longest gap is between two good answers, however many failed in it", () => {
  const samples = [...every(-4, 2), bad(3), bad(4), bad(5), ...every(9, 30)];
  expect(longestGapSeconds(observed(samples))).toBe(7);
});

test("the order in which requests were sent does not matter for a gap: answers overtake each other", () => {
  expect(longestGapSeconds(observed(every(-4, 30).toReversed()))).toBe(1);
});

test("nothing answered until the end is a gap up to there, and none at all is one from the beginning", () => {
  expect(longestGapSeconds(observed(every(-4, 10)))).toBe(20);
  expect(longestGapSeconds(observed([bad(0)]))).toBe(34);
});

test("errors are counted by kind and by what was asked for, answers by real server", () => {
  const samples = [good(1), good(2, "rs2"), good(3), bad(4), bad(5, "503", "/"), bad(6, "timeout", "/")];
  expect(figuresOf(observed(samples))).toMatchObject({
    requests: 6,
    failed: 3,
    errors: { timeout: 2, "503": 1 },
    paths: { "/whoami": 1, "/": 2 },
    answered: { rs1: 2, rs2: 1 },
  });
});

test("the time to full service counts from the fault's beginning, and from its end too", () => {
  expect(figuresOf(observed([]))).toMatchObject({ fullServiceSeconds: 12, afterUndoSeconds: 2 });
});

test("what a pair makes good before the fault's end takes no time after it", () => {
  expect(figuresOf(observed([], { served: at(4) }))).toMatchObject({
    fullServiceSeconds: 4,
    afterUndoSeconds: 0,
  });
});

test("a site that never gets well has no such time, and what heals by itself none after its end", () => {
  const never = figuresOf(observed([], { served: undefined }));
  expect(never).not.toHaveProperty("fullServiceSeconds");
  expect(never).not.toHaveProperty("afterUndoSeconds");
  expect(figuresOf(observed([], { undone: undefined }))).not.toHaveProperty("afterUndoSeconds");
});

test("a word of an object's own is counted as any other", () => {
  expect(counts(["b", "constructor", "b"])).toEqual({ b: 2, constructor: 1 });
});

import {
  type NonEmpty,
  inTurn,
  lastOf,
  mapNonEmpty,
  nonEmpty,
  paired,
  present,
} from "../../../settings/lists";
import { afterLast, beforeFirst } from "../../../settings/text";

const letters: NonEmpty<string> = ["a", "b", "c"];

test("a list that must not be empty is refused by name when it is", () => {
  expect(nonEmpty(["a"], "letter")).toEqual(["a"]);
  expect(() => nonEmpty([], "letter")).toThrow("there is no letter");
});

test("mapNonEmpty gives the index, as map does", () => {
  expect(mapNonEmpty(letters, (letter, index) => letter + index)).toEqual(["a0", "b1", "c2"]);
});

test("lastOf is the only element of a list of one", () => {
  expect(lastOf(letters)).toBe("c");
  expect(lastOf(["a"])).toBe("a");
});

test("inTurn begins again after the last element", () => {
  expect([0, 1, 2, 3, 7].map((step) => inTurn(letters, step))).toEqual(["a", "b", "c", "a", "b"]);
});

test("pairs are of lists of one length", () => {
  expect(paired(letters, [1, 2, 3])).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ]);
  expect(() => paired(letters, [1])).toThrow("3 and 1 are not pairs");
});

test("what must be there is named when it is missing; 0 and an empty text are there", () => {
  expect([present(0, "number"), present("", "text")]).toEqual([0, ""]);
  expect(() => present(undefined, "database")).toThrow("there is no database");
  expect(() => present(null, "certificate")).toThrow("there is no certificate");
});

test("a text without the separator is its own first and last part", () => {
  expect([beforeFirst("a/b/c", "/"), afterLast("a/b/c", "/")]).toEqual(["a", "c"]);
  expect([beforeFirst("abc", "/"), afterLast("abc", "/")]).toEqual(["abc", "abc"]);
  expect([beforeFirst("/b", "/"), afterLast("b/", "/")]).toEqual(["", ""]);
});

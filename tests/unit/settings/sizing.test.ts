import { type Content, defaultMemoryMiB, minimumMemoryMiB } from "../../../settings/roles";
import { machinesOf } from "../../../settings/site";
import { bufferPoolMiB, mysqlMemoryMiB, phpChildren, realServerMemoryMiB } from "../../../settings/sizing";
import { lab, labNames } from "../labs";

test.each([
  [384, 2],
  [768, 8],
  [831, 8],
  [832, 9],
  [2048, 28],
])("a real server of %i MiB holds %i php-fpm children", (memoryMiB, children) => {
  expect(phpChildren(memoryMiB, 96)).toBe(children);
});

test("even a real server without room for one child gets one", () => {
  expect(phpChildren(100, 96)).toBe(1);
});

test("what a real server holds needs no more than it has", () => {
  for (let memoryMiB = minimumMemoryMiB("realServer", "wordpress"); memoryMiB < 4096; memoryMiB += 37) {
    const children = phpChildren(memoryMiB, 96);
    expect(realServerMemoryMiB(children, 96)).toBeLessThanOrEqual(memoryMiB);
    expect(realServerMemoryMiB(children + 1, 96)).toBeGreaterThan(memoryMiB);
  }
});

test("a larger OPcache leaves room for fewer php-fpm children", () => {
  expect(phpChildren(768, 96 + 64)).toBe(7);
  expect(realServerMemoryMiB(7, 96 + 64)).toBe(768);
});

test("MariaDB needs 288 MiB and 3 for each connection", () => {
  expect(mysqlMemoryMiB(0)).toBe(288);
  expect(mysqlMemoryMiB(26)).toBe(366);
});

test("MariaDB's buffer pool is what its machine has left, and never below 64 MiB", () => {
  expect(bufferPoolMiB(768, 26)).toBe(466);
  expect(bufferPoolMiB(768, 160)).toBe(64);
  expect(bufferPoolMiB(768, 1000)).toBe(64);
  expect(bufferPoolMiB(mysqlMemoryMiB(40), 40)).toBe(64);
});

test.each(labNames)("every machine of %s has at least what its role needs, as it has by default", (name) => {
  const { content } = lab(name);
  for (const { role, memoryMiB } of machinesOf(lab(name))) {
    const least = minimumMemoryMiB(role, content);
    expect(memoryMiB).toBeGreaterThanOrEqual(least);
    expect(defaultMemoryMiB(role, content)).toBeGreaterThanOrEqual(least);
  }
});

test("a real server of a static site needs less than WordPress's, and one of a shop more", () => {
  const least = (content: Content) => minimumMemoryMiB("realServer", content);
  expect(least("static")).toBeLessThan(least("wordpress"));
  expect(least("shop")).toBeGreaterThan(least("wordpress"));
});

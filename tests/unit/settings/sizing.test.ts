import {
  bufferPoolMiB,
  defaultMemoryMiB,
  minimumMemoryMiB,
  mysqlMemoryMiB,
  phpChildren,
  realServerMemoryMiB,
} from "../../../settings/sizing";

test.each([
  [384, 2],
  [768, 8],
  [831, 8],
  [832, 9],
  [2048, 28],
])("a real server of %i MiB holds %i php-fpm children", (memoryMiB, children) => {
  expect(phpChildren(memoryMiB)).toBe(children);
});

test("even a real server without room for one child gets one", () => {
  expect(phpChildren(100)).toBe(1);
});

test("what a real server holds needs no more than it has", () => {
  for (let memoryMiB: number = minimumMemoryMiB.realServer; memoryMiB < 4096; memoryMiB += 37) {
    expect(realServerMemoryMiB(phpChildren(memoryMiB))).toBeLessThanOrEqual(memoryMiB);
    expect(realServerMemoryMiB(phpChildren(memoryMiB) + 1)).toBeGreaterThan(memoryMiB);
  }
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

test("each role has its default and its smallest memory", () => {
  expect(defaultMemoryMiB).toEqual({ director: 512, realServer: 768, nfs: 768, mysql: 768 });
  expect(minimumMemoryMiB).toEqual({ director: 256, realServer: 384, nfs: 256, mysql: 384 });
});

import { z } from "zod";
import { longestSeconds, netmask, ports, whole } from "../../../settings/fields";

/** What a field makes of a value, or says about it. */
function read(field: z.ZodType, value: unknown): unknown {
  const { success, data, error } = field.safeParse(value, { reportInput: true });
  return success ? data : error.issues.map(({ message }) => message);
}

test.each([
  [80, "80"],
  ["80", "80"],
  [65535, "65535"],
  ["20000-20100", "20000-20100"],
  ["1-65535", "1-65535"],
])("the port %j is taken as %j", (value, text) => {
  expect(read(ports, value)).toBe(text);
});

test.each([
  [0],
  [65536],
  [80.5],
  ["080"],
  ["90-80"],
  ["80-80"],
  ["80-"],
  ["1-2-3"],
  ["1-65536"],
  ["http"],
  [""],
  [null],
  [true],
  [[80]],
  [{}],
])("the port %j is refused", (value) => {
  const message = `${JSON.stringify(value)} is neither a port nor a range; write one like 443 or 20000-20100`;
  expect(read(ports, value)).toEqual([message]);
});

test.each(["255.255.255.255", "255.255.255.0", "255.128.0.0", "128.0.0.0"])("%s is a netmask", (text) => {
  expect(read(netmask, text)).toBe(text);
});

test.each(["0.0.0.0", "255.0.255.0", "0.0.0.255", "255.255.255.1", "24", "/24"])(
  "%s is no netmask",
  (text) => {
    const fix = "its ones must come before its zeros; write one like 255.255.255.0";
    expect(read(netmask, text)).toEqual([`"${text}" is no netmask: ${fix}`]);
  },
);

test.each([["7"], [null], [{}], [[7]], [true], [1.5], [Number.NaN]])("%j is no whole number", (value) => {
  expect(read(whole(1, 9), value)).toEqual([
    `${JSON.stringify(value)} is no whole number; write one from 1 to 9`,
  ]);
});

test("a number's bounds belong to it, and its unit is said", () => {
  const field = whole(1, 9, " MiB");
  expect([1, 9].map((value) => read(field, value))).toEqual([1, 9]);
  expect(read(field, 0)).toEqual(["0 is too small; write a number from 1 to 9 MiB"]);
  expect(read(field, 10)).toEqual(["10 is too large; write a number from 1 to 9 MiB"]);
});

test("no time is longer than ipvsadm takes", () => {
  expect(longestSeconds).toBe(31 * 24 * 60 * 60);
});

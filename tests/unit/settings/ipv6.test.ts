import { Cidr6, canonical6, isIpv6 } from "../../../settings/ipv6";

test.each([
  ["fd00:16::40", true],
  ["::", true],
  ["172.16.0.40", false],
  ["fd00:16::40::1", false],
  ["fd00:16::/64", false],
  ["lan", false],
])("%s is an IPv6 address: %s", (text, expected) => {
  expect(isIpv6(text)).toBe(expected);
});

test("an address has one spelling", () => {
  expect(canonical6("FD00:0016:0:0::0040")).toBe("fd00:16::40");
});

test("a network tells its hosts", () => {
  const network = new Cidr6("fd00:16::/64");
  expect(network.prefix).toBe(64);
  expect(network.host(31)).toBe("fd00:16::1f");
  expect(network.host(2 ** 24 - 2)).toBe("fd00:16::ff:fffe");
});

test.each([
  ["fd00:16::", false],
  ["fd00:16::1", true],
  ["fd00:16::ffff:ffff:ffff:ffff", true],
  ["fd00:16:0:1::1", false],
])("%s may be given to a host of fd00:16::/64: %s", (address, expected) => {
  expect(new Cidr6("fd00:16::/64").hasHost(address)).toBe(expected);
});

test.each([
  ["fd00:16::/64", "fd00:16::/64", true],
  ["fd00:16::/48", "fd00:16:0:9::/64", true],
  ["fd00:16::/64", "fd00:16:0:1::/64", false],
])("%s and %s overlap: %s, whichever comes first", (one, other, expected) => {
  expect(new Cidr6(one).overlaps(new Cidr6(other))).toBe(expected);
  expect(new Cidr6(other).overlaps(new Cidr6(one))).toBe(expected);
});

test("host bits are refused with the network to write instead", () => {
  expect(() => new Cidr6("fd00:16::40/64")).toThrow(new Error("has host bits set; write fd00:16::/64"));
});

test.each(["fd00:16::", "fd00:16::/129", "172.16.0.0/24", ""])('"%s" is refused as a network', (text) => {
  expect(() => new Cidr6(text)).toThrow(new Error("is no network"));
});

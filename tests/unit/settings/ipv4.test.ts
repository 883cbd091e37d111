import { Cidr, fromNumber, isIpv4, toNumber } from "../../../settings/ipv4";

test.each([
  ["172.16.0.31", true],
  ["0.0.0.0", true],
  ["255.255.255.255", true],
  ["172.16.0", false],
  ["172.16.0.256", false],
  ["172.16.0.031", false],
  ["0xac.16.0.31", false],
  ["fe80::1", false],
  ["", false],
])("%s is an IPv4 address: %s", (text, expected) => {
  expect(isIpv4(text)).toBe(expected);
});

test.each([
  ["0.0.0.0", 0],
  ["172.16.0.31", 0xac10001f],
  ["255.255.255.255", 0xffffffff],
])("%s is the number %i and back", (address, value) => {
  expect(toNumber(address)).toBe(value);
  expect(fromNumber(value)).toBe(address);
});

test("a /24 tells its size, netmask and hosts", () => {
  const network = new Cidr("172.16.0.0/24");
  expect(network).toMatchObject({
    text: "172.16.0.0/24",
    prefix: 24,
    size: 256,
    netmask: "255.255.255.0",
    firstHost: "172.16.0.1",
    lastHost: "172.16.0.254",
  });
  expect(network.host(31)).toBe("172.16.0.31");
});

test("a network with its highest bit set is no negative number", () => {
  const network = new Cidr("192.168.255.192/26");
  expect(network).toMatchObject({
    netmask: "255.255.255.192",
    firstHost: "192.168.255.193",
    lastHost: "192.168.255.254",
  });
});

test.each([
  ["172.16.0.0", false],
  ["172.16.0.1", true],
  ["172.16.0.254", true],
  ["172.16.0.255", false],
  ["172.16.1.1", false],
  ["172.15.255.255", false],
])("%s may be given to a host of 172.16.0.0/24: %s", (address, expected) => {
  expect(new Cidr("172.16.0.0/24").hasHost(address)).toBe(expected);
});

test.each([
  ["172.16.0.0/24", "172.16.0.0/24", true],
  ["172.16.0.0/24", "172.16.0.128/25", true],
  ["172.16.0.0/16", "172.16.9.0/24", true],
  ["172.16.0.0/24", "172.16.1.0/24", false],
  ["10.0.0.0/8", "11.0.0.0/8", false],
])("%s and %s overlap: %s, whichever comes first", (one, other, expected) => {
  expect(new Cidr(one).overlaps(new Cidr(other))).toBe(expected);
  expect(new Cidr(other).overlaps(new Cidr(one))).toBe(expected);
});

test("host bits are refused with the network to write instead", () => {
  expect(() => new Cidr("172.16.0.31/24")).toThrow(new Error("has host bits set; write 172.16.0.0/24"));
  expect(() => new Cidr("10.1.2.3/20")).toThrow(new Error("has host bits set; write 10.1.0.0/20"));
});

test.each(["172.16.0.0", "172.16/16", "010.0.0.0/24", "172.16.0.0/33", "fe80::/64", "lan", ""])(
  '"%s" is refused as a network',
  (text) => {
    expect(() => new Cidr(text)).toThrow(new Error("is no network"));
  },
);

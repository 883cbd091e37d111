/** Checks that networks are large enough and do not overlap. */
import { Cidr } from "../ipv4";
import { Cidr6 } from "../ipv6";
import { type Problem, networkPath } from "../problems";
import type { StackFile } from "../schema";

/** Ranges for special uses, whose addresses no machine can have. */
const reserved = [
  { cidr: new Cidr("169.254.0.0/16"), use: "link-local" },
  { cidr: new Cidr("224.0.0.0/4"), use: "multicast" },
];
const reserved6 = [
  { cidr: new Cidr6("fe80::/10"), use: "link-local" },
  { cidr: new Cidr6("ff00::/8"), use: "multicast" },
];

export function networkProblems(file: StackFile): Problem[] {
  const networks = [{ name: "front", ...file.network }, ...file.networks].map(
    ({ name, cidr, cidr6 }, index) => ({
      path: networkPath(index),
      name,
      cidr: new Cidr(cidr),
      cidr6: cidr6 === undefined ? undefined : new Cidr6(cidr6),
    }),
  );
  return networks.flatMap((network, index) => {
    const { path, name, cidr, cidr6 } = network;
    const earlier = networks.slice(0, index);
    const problems: Problem[] = [];
    const refuse = (key: string, message: string) => problems.push({ path: `${path}.${key}`, message });
    if (cidr.prefix > 26 || cidr.prefix < 8) {
      const size = cidr.prefix > 26 ? "small" : "large";
      refuse("cidr", `${cidr.text} is too ${size} for a site; write a network from /8 to /26`);
    } else {
      const special = reserved.find((range) => range.cidr.overlaps(cidr));
      if (special)
        refuse("cidr", `${cidr.text} has ${special.use} addresses; write another, such as 172.16.0.0/24`);
    }
    const special6 = cidr6 && reserved6.find((range) => range.cidr.overlaps(cidr6));
    if (special6)
      refuse("cidr6", `${cidr6.text} has ${special6.use} addresses; write another, such as fd00:16::/64`);
    const other = earlier.find((known) => known.cidr.overlaps(cidr));
    if (other)
      refuse("cidr", `${cidr.text} overlaps ${other.cidr.text} of ${other.path}; write another network`);
    // A machine's IPv6 address ends in its host number of the IPv4 network, so that the prefix needs room for all of them.
    if (cidr6 && cidr6.prefix > 96)
      refuse("cidr6", `${cidr6.text} is too small for a site; write a network up to /96, such as a /64`);
    const other6 = cidr6 && earlier.find((known) => known.cidr6?.overlaps(cidr6));
    if (cidr6 && other6?.cidr6)
      refuse("cidr6", `${cidr6.text} overlaps ${other6.cidr6.text} of ${other6.path}; write another network`);
    if (earlier.some((known) => known.name === name))
      refuse("name", `"${name}" is already a network's name; write another`);
    return problems;
  });
}

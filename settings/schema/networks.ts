/** Settings for networks. */
import { z } from "zod";
import { address, cidr, cidr6, name } from "../fields";

const networkKeys = {
  gateway: address
    .optional()
    .describe(
      "The hypervisor's address on the bridge. It is the machines' gateway, and clients come from there. Default: the first host address.",
    ),
  cidr6: cidr6
    .optional()
    .describe("An IPv6 prefix for the same network. A machine has the same host number in both."),
  forward: z
    .enum(["nat", "open", "none"])
    .default("nat")
    .describe(
      "libvirt's forward mode: `nat` gives machines outgoing access, `open` routes without adding firewall rules, `none` isolates the network (machines have no gateway).",
    ),
};

export const network = z.strictObject({
  cidr: cidr
    .default("172.16.0.0/24")
    .describe("The front network, with VIPs and clients. Each stack on a host needs its own."),
  ...networkKeys,
});

export const furtherNetwork = z.strictObject({
  name: name.describe("Name of the network, such as `storage`."),
  cidr: cidr.describe("The network."),
  ...networkKeys,
});

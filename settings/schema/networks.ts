/** Settings for networks. */
import { z } from "zod";
import { address, cidr, cidr6, name } from "../fields";

const networkKeys = {
  gateway: address
    .optional()
    .describe(
      "The hypervisor's address on the bridge: the machines' gateway and the client's side. Default: the first host.",
    ),
  cidr6: cidr6
    .optional()
    .describe("An IPv6 prefix beside it; every machine gets the host number there that it has in `cidr`."),
  forward: z
    .enum(["nat", "open", "none"])
    .default("nat")
    .describe(
      "libvirt's forward mode: `nat` lets machines reach out, `open` routes to other networks and leaves the firewall alone, `none` isolates: its machines have no gateway.",
    ),
};

export const network = z.strictObject({
  cidr: cidr
    .default("172.16.0.0/24")
    .describe("The front network, with VIPs and clients. Two stacks on one host never share one."),
  ...networkKeys,
});

export const furtherNetwork = z.strictObject({
  name: name.describe("Name of the network, such as `storage`."),
  cidr: cidr.describe("The network."),
  ...networkKeys,
});

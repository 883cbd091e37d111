/** Settings for virtual services. */
import { z } from "zod";
import { anyAddress, longestSeconds, name, netmask, ports, whole } from "../fields";
import { forwardings } from "../forwarding";
import { schedulerFlags, schedulers } from "../schedulers";
import { check } from "./availability";

/** The port of a service without `port` and `ports`. */
export const defaultPort = 80;

const persistence = z.strictObject({
  timeoutSeconds: whole(1, longestSeconds)
    .default(300)
    .describe("How long a client stays with its real server after its last connection."),
  netmask: netmask
    .default("255.255.255.255")
    .describe("Clients in the same network of this mask count as one client (IPv4)."),
});

export const service = z.strictObject({
  name: name
    .optional()
    .describe("Name of the virtual service. Default: web for the first, then web2, web3, ... in order."),
  vip: anyAddress.optional().describe("Virtual address that clients use. Default: the front network's .40."),
  vips: z
    .array(anyAddress)
    .min(1, { error: "is empty; write at least one address" })
    .optional()
    .describe("Instead of `vip`: several addresses, balanced as one service by a firewall mark."),
  port: whole(0, 65535)
    .optional()
    .describe(
      `Port of the virtual service; 0 means every port and needs persistence. Default: ${defaultPort}.`,
    ),
  ports: z
    .array(ports)
    .min(1, { error: "is empty; write at least one port" })
    .optional()
    .describe(
      "Instead of `port`: ports and ranges such as `20000-20100`, balanced as one by a firewall mark.",
    ),
  fwmark: whole(1, 2_147_483_647)
    .optional()
    .describe(
      "The firewall mark of a service with `ports` or `vips`. Default: computed from the service's name, up to 65535.",
    ),
  protocol: z.enum(["tcp", "udp", "sctp"]).default("tcp").describe("Protocol."),
  scheduler: z.enum(schedulers).default("wlc").describe("IPVS scheduler (ipvsadm(8))."),
  schedulerFlags: z
    .array(z.enum(schedulerFlags))
    .default([])
    .describe("Flags of the schedulers sh and mh (ipvsadm(8), `--sched-flags`)."),
  forwarding: z.enum(forwardings).default("dr").describe("Forwarding method."),
  check: check.optional().describe("How real servers are checked, by keepalived or ldirectord."),
  persistence: persistence.optional().describe("Keeps a client at one real server."),
  onePacket: z
    .boolean()
    .default(false)
    .describe("Schedules every UDP packet by itself (ipvsadm(8), `--ops`)."),
  realServerPort: whole(1, 65535)
    .optional()
    .describe("Port of the real servers, if it differs from the service's; nat and fullnat only."),
  realServers: z
    .array(z.string())
    .min(1, { error: "is empty; write at least one real server's name" })
    .optional()
    .describe("Names of the real servers behind this service. Default: all."),
  application: z
    .enum(["http", "https", "ssh", "ftp", "echo"])
    .optional()
    .describe(
      "What the real servers run for this service; `echo` returns every line with the real server's name. Default: ftp, ssh and https for ports 21, 22 and 443, else http; echo for udp and sctp.",
    ),
});

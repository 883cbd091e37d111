/** Settings for machines. */
import { z } from "zod";
import { address, longestSeconds, name, whole } from "../fields";

export const defaultVcpus = 1;

const machine = {
  address: address
    .optional()
    .describe("The machine's one address; the address plan picks one when it is left out."),
  addresses: z
    .array(address)
    .min(1, { error: "is empty; write at least one address" })
    .optional()
    .describe(
      "Instead of `address`: one address a NIC, each on the network that it belongs to. The first is the machine's own.",
    ),
  memoryMiB: whole(1, 1_048_576, " MiB")
    .optional()
    .describe("Memory in MiB. Default: by what the machine does, see `settings/roles.ts`."),
  vcpus: whole(1, 64).default(defaultVcpus).describe("Virtual CPUs."),
};

const timeouts = z.strictObject({
  tcpSeconds: whole(1, longestSeconds)
    .default(900)
    .describe("An established TCP connection without traffic."),
  tcpFinSeconds: whole(1, longestSeconds).default(120).describe("A TCP connection after its FIN."),
  udpSeconds: whole(1, longestSeconds).default(300).describe("UDP packets of one client."),
});

export const director = z.strictObject({
  ...machine,
  peer: z
    .strictObject({ address: machine.address, addresses: machine.addresses })
    .prefault({})
    .describe("The second of two directors, `director2`, where they are two."),
  manager: z
    .enum(["ipvsadm", "keepalived"])
    .default("ipvsadm")
    .describe("What keeps the IPVS table: rules that stay as they are, or keepalived with health checks."),
  health: z
    .enum(["none", "ldirectord"])
    .default("none")
    .describe("What checks real servers where `manager` is ipvsadm; keepalived does it itself."),
  drainSeconds: whole(0, 86_400)
    .default(30)
    .describe("How long a removed real server, at weight 0, is waited for until its connections have ended."),
  timeouts: timeouts.prefault({}).describe("`ipvsadm --set`: how long IPVS remembers a connection."),
});

export const realServer = z.strictObject({
  name: name.optional().describe("Default: rs1, rs2, ... in order."),
  ...machine,
  weight: whole(0, 65535).default(1).describe("Weight; 0 takes no new connections (ipvsadm(8))."),
  drained: z
    .boolean()
    .default(false)
    .describe(
      "`true`: gets no new clients, whatever its weight. `npm run drain` and `undrain` write it here, and need no `up`. Take it away with `npm run undrain`, not by hand.",
    ),
  upperThreshold: whole(0, 65535)
    .default(0)
    .describe("Connections from which on it gets no new ones; 0 for no limit (ipvsadm(8), `--u-threshold`)."),
  lowerThreshold: whole(0, 65535)
    .default(0)
    .describe("Connections below which it gets new ones again (ipvsadm(8), `--l-threshold`)."),
});

export const nfs = z.strictObject({ ...machine });

export const source = z.strictObject({ ...machine });

export const mysql = z.strictObject({
  ...machine,
  maxConnections: whole(10, 100_000)
    .optional()
    .describe("`max_connections`. Default: the sum of all php-fpm children, and ten for administration."),
  replica: z
    .boolean()
    .default(false)
    .describe(
      "`true`: a second machine, mysql2, as large as the first, confirms each commit (semi-synchronous replication by GTID, over TLS); `npm run promote-db` makes it the primary.",
    ),
  replicaAddress: address
    .optional()
    .describe("The address of mysql2; the address plan picks one when it is left out."),
  primary: z
    .enum(["mysql", "mysql2"])
    .default("mysql")
    .describe("Which of the two takes writes; `npm run promote-db` writes it here."),
  semiSyncTimeoutSeconds: whole(1, 3600)
    .default(10)
    .describe(
      "How long a commit waits for the replica. Then commits wait no longer (`status` says asynchronous) until the replica has caught up.",
    ),
});

export const client = z.strictObject({
  ...machine,
  sources: whole(1, 32)
    .default(1)
    .describe("How many addresses it has, one after another from its own on, to be as many clients."),
});

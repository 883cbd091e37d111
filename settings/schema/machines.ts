/** Settings for machines. */
import { z } from "zod";
import { address, longestSeconds, name, whole } from "../fields";

export const defaultVcpus = 1;

const machine = {
  address: address.optional().describe("The machine's address. Default: the address plan picks one."),
  addresses: z
    .array(address)
    .min(1, { error: "is empty; write at least one address" })
    .optional()
    .describe(
      "Instead of `address`: one address per NIC; each address must lie in one of the networks. The first is the machine's main address.",
    ),
  memoryMiB: whole(1, 1_048_576, " MiB")
    .optional()
    .describe("Memory in MiB. Default: depends on the role, see `settings/roles.ts`."),
  vcpus: whole(1, 64).default(defaultVcpus).describe("Virtual CPUs."),
};

const timeouts = z.strictObject({
  tcpSeconds: whole(1, longestSeconds)
    .default(900)
    .describe("Idle time after which IPVS forgets an established TCP connection."),
  tcpFinSeconds: whole(1, longestSeconds)
    .default(120)
    .describe("Time for which IPVS remembers a TCP connection after its FIN."),
  udpSeconds: whole(1, longestSeconds)
    .default(300)
    .describe("Idle time after which IPVS forgets the UDP packets of one client."),
});

export const director = z.strictObject({
  ...machine,
  peer: z
    .strictObject({ address: machine.address, addresses: machine.addresses })
    .prefault({})
    .describe("The second director, `director2`, if `directors` is 2."),
  manager: z
    .enum(["ipvsadm", "keepalived"])
    .default("ipvsadm")
    .describe(
      "What maintains the IPVS table: `ipvsadm` loads fixed rules once, `keepalived` checks real servers and changes the rules.",
    ),
  health: z
    .enum(["none", "ldirectord"])
    .default("none")
    .describe(
      "Health checker for `manager: ipvsadm`. With `manager: keepalived`, keepalived does the health checks.",
    ),
  drainSeconds: whole(0, 86_400)
    .default(30)
    .describe(
      "When a real server is removed: how long `up` keeps it at weight 0 so that its connections can end.",
    ),
  timeouts: timeouts.prefault({}).describe("How long IPVS remembers a connection (`ipvsadm --set`)."),
});

export const realServer = z.strictObject({
  name: name.optional().describe("Default: rs1, rs2, ... in order."),
  ...machine,
  weight: whole(0, 65535).default(1).describe("Weight; 0 takes no new connections (ipvsadm(8))."),
  drained: z
    .boolean()
    .default(false)
    .describe(
      "`true`: the real server gets no new clients, whatever its weight. `npm run drain` and `npm run undrain` write this setting and apply it at once, without `up`. To remove it, use `npm run undrain`; do not edit it by hand.",
    ),
  upperThreshold: whole(0, 65535)
    .default(0)
    .describe(
      "Number of connections at which the real server gets no new ones; 0 means no limit (ipvsadm(8), `--u-threshold`).",
    ),
  lowerThreshold: whole(0, 65535)
    .default(0)
    .describe(
      "Number of connections below which the real server gets new ones again (ipvsadm(8), `--l-threshold`).",
    ),
});

export const nfs = z.strictObject({ ...machine });

export const source = z.strictObject({ ...machine });

export const mysql = z.strictObject({
  ...machine,
  maxConnections: whole(10, 100_000)
    .optional()
    .describe("`max_connections`. Default: the number of all php-fpm children plus ten for administration."),
  replica: z
    .boolean()
    .default(false)
    .describe(
      "`true`: adds a replica, mysql2, of the same size, which confirms each commit (semi-synchronous replication by GTID over TLS). `npm run promote-db` makes it the primary.",
    ),
  replicaAddress: address.optional().describe("The address of mysql2. Default: the address plan picks one."),
  primary: z
    .enum(["mysql", "mysql2"])
    .default("mysql")
    .describe("Which of the two machines is the primary. `npm run promote-db` writes this setting."),
  semiSyncTimeoutSeconds: whole(1, 3600)
    .default(10)
    .describe(
      "How long a commit waits for the replica. After that, replication is asynchronous (`status` shows it) until the replica has caught up.",
    ),
});

export const client = z.strictObject({
  ...machine,
  sources: whole(1, 32)
    .default(1)
    .describe(
      "How many consecutive addresses the machine has, starting with its own; each acts as one client.",
    ),
});

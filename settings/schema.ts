/**
 * What a stack file may say: every setting with its meaning, unit, default and the values it takes.
 * docs/settings.md is made from this file.
 */
import { z } from "zod";
import { forwardings } from "./forwarding";
import { Cidr, isIpv4 } from "./ipv4";
import { schedulers } from "./schedulers";

const address = z.string().refine(isIpv4, {
  error: (issue) => `"${String(issue.input)}" is no IPv4 address; write one like 172.16.0.31`,
});

const cidr = z.string().superRefine((text, context) => {
  try {
    new Cidr(text);
  } catch (error) {
    const reason = (error as Error).message;
    const fix = reason.startsWith("has host bits") ? reason : "is no network; write one like 172.16.0.0/24";
    context.addIssue({ code: "custom", message: `"${text}" ${fix}` });
  }
});

const name = z.string().regex(/^(?!site)[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/, {
  error:
    'write a lower-case name of letters, digits and dashes, such as rs1, that does not begin with "site"',
});

const whole = (low: number, high: number, unit: string) =>
  z
    .int({
      error: (issue) => `${JSON.stringify(issue.input)} is no whole number; write one from ${low} to ${high}`,
    })
    .min(low, {
      error: (issue) => `${String(issue.input)} is too small; write a number from ${low} to ${high}${unit}`,
    })
    .max(high, {
      error: (issue) => `${String(issue.input)} is too large; write a number from ${low} to ${high}${unit}`,
    });

const machine = {
  address: address
    .optional()
    .describe("Address on the site's network; the address plan picks one when it is left out."),
  memoryMiB: whole(1, 1_048_576, " MiB")
    .optional()
    .describe("Memory in MiB. Default: 512 for a director, 768 for any other machine."),
  vcpus: whole(1, 64, "").default(1).describe("Virtual CPUs."),
};

const hypervisor = z.strictObject({
  uri: z.string().default("qemu:///system").describe("libvirt connection URI."),
  accelerator: z
    .enum(["auto", "kvm", "qemu"])
    .default("auto")
    .describe("`auto` uses KVM only after a kernel has really booted under it, else emulation (`qemu`)."),
  provider: z
    .string()
    .optional()
    .describe(
      "Path of a terraform-provider-libvirt binary, for machines that cannot download the pinned release.",
    ),
});

const image = z.strictObject({
  hash: z
    .string()
    .regex(/^[0-9a-f]{12}$/, { error: "write the twelve hexadecimal digits that name an image" })
    .optional()
    .describe(
      "Stays on the image of this hash, which `npm run promote` carries along. Default: the one that the checkout's recipe makes.",
    ),
});

const network = z.strictObject({
  cidr: cidr.default("172.16.0.0/24").describe("The site's network. Two stacks on one host never share one."),
  gateway: address
    .optional()
    .describe(
      "The hypervisor's address on the bridge: the machines' gateway and the client's side. Default: the first host.",
    ),
  forward: z
    .enum(["nat", "open", "none"])
    .default("nat")
    .describe(
      "libvirt's forward mode: `nat` lets machines reach out, `open` leaves the firewall alone, `none` isolates.",
    ),
});

const director = z.strictObject({
  ...machine,
  manager: z.enum(["ipvsadm"]).default("ipvsadm").describe("What keeps the IPVS table."),
});

const realServer = z.strictObject({
  name: name.optional().describe("Default: rs1, rs2, ... in order."),
  ...machine,
  weight: whole(0, 65535, "").default(1).describe("Weight; 0 takes no new connections (ipvsadm(8))."),
});

const service = z.strictObject({
  name: name.default("web").describe("Name of the virtual service."),
  vip: address.optional().describe("Virtual address that clients use. Default: the network's .40."),
  port: whole(1, 65535, "").default(80).describe("Port of the virtual service and of its real servers."),
  protocol: z.enum(["tcp"]).default("tcp").describe("Protocol."),
  scheduler: z.enum(schedulers).default("wlc").describe("IPVS scheduler (ipvsadm(8))."),
  forwarding: z.enum(forwardings).default("dr").describe("Forwarding method."),
});

const php = z.strictObject({
  listener: z
    .enum(["tcp", "unix"])
    .default("tcp")
    .describe("Where php-fpm listens: 127.0.0.1:9000, or the socket /run/php/wordpress.sock."),
  maxChildren: whole(1, 4096, "")
    .optional()
    .describe("`pm.max_children` of each real server. Default: computed from its memory."),
});

const nfs = z.strictObject({ ...machine });

const mysql = z.strictObject({
  ...machine,
  maxConnections: whole(10, 100_000, "")
    .optional()
    .describe("`max_connections`. Default: the sum of all php-fpm children, and ten for administration."),
});

const wordpress = z.strictObject({
  title: z
    .string()
    .min(1)
    .default("LVS WordPress")
    .describe("The site's title, given when the site is first brought up; later it is changed in WordPress."),
  adminUser: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,60}$/, {
      error: "write a user name of letters, digits, dots, dashes and underscores",
    })
    .default("admin")
    .describe(
      "The first user; the password is generated, read it with `pulumi stack output adminPassword --show-secrets`.",
    ),
  adminEmail: z
    .email({ error: "write an e-mail address such as admin@example.org" })
    .default("admin@example.org")
    .describe("Mail address of the first user."),
  hostNames: z
    .array(z.string().regex(/^[a-z0-9.-]+$/, { error: "write a host name such as www.example.org" }))
    .default([])
    .describe("Names under which the site answers besides its VIP."),
});

/** The whole of a stack file's `lvs-wordpress:` keys. */
export const siteSchema = z.strictObject({
  hypervisor: hypervisor.prefault({}).describe("Where the machines run."),
  image: image.prefault({}).describe("What every machine starts from."),
  layDown: z
    .boolean()
    .default(true)
    .describe("`false` brings up the machines alone, for building the cluster on them by hand."),
  network: network.prefault({}).describe("The network that all machines share, one NIC each."),
  director: director.prefault({}).describe("The machine running IPVS; it holds the VIP."),
  services: z
    .array(service)
    .min(1, { error: "is empty; write at least one virtual service" })
    .prefault([{}])
    .describe("Virtual services."),
  realServers: z
    .array(realServer)
    .min(1, { error: "is empty; a site needs at least one real server" })
    .prefault([{}, {}])
    .describe("The machines behind the VIP."),
  php: php.prefault({}).describe("php-fpm on the real servers."),
  nfs: nfs.prefault({}).describe("The machine exporting the WordPress tree."),
  mysql: mysql.prefault({}).describe("The machine running MariaDB."),
  wordpress: wordpress.prefault({}).describe("The site itself."),
});

export type StackFile = z.output<typeof siteSchema>;

/** The keys that the object at `path` of a stack file knows; none where there is no object. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const found = path.reduce<z.ZodType | undefined>((schema, part) => {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
    return inner instanceof z.ZodObject
      ? (inner.shape as Record<string, z.ZodType>)[String(part)]
      : undefined;
  }, siteSchema);
  const object = unwrap(found);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** The schema inside defaults and optionals. */
export function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}

/**
 * The schema of a stack file: every setting with its meaning, unit, default and allowed values. docs/settings.md is
 * generated from it.
 */
import { z } from "zod";
import { anyAddress, cidr, cidr6, debianArchive, debianMirror, nameServer, whole } from "./fields";
import { defaultUri } from "./hypervisor";
import { sorryServer, vrrp } from "./schema/availability";
import { backup } from "./schema/backup";
import { cache } from "./schema/cache";
import { client, director, mysql, nfs, realServer, source } from "./schema/machines";
import { furtherNetwork, network } from "./schema/networks";
import { service } from "./schema/services";

const hypervisor = z.strictObject({
  uri: z.string().default(defaultUri).describe("libvirt connection URI."),
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

const php = z.strictObject({
  listener: z
    .enum(["tcp", "unix"])
    .default("tcp")
    .describe("Where php-fpm listens: 127.0.0.1:9000, or the socket /run/php/wordpress.sock."),
  maxChildren: whole(1, 4096)
    .optional()
    .describe("`pm.max_children` of each real server. Default: computed from its memory."),
});

const wordpress = z.strictObject({
  shared: z
    .enum(["tree", "uploads"])
    .default("tree")
    .describe(
      "What real servers have from NFS: the whole `tree`, to which administrators may add themes and plugins, or `uploads` alone, with the code on each of them and nobody's to change through WordPress.",
    ),
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
  cronIntervalSeconds: whole(10, 3600)
    .default(60)
    .describe(
      "How often one real server, elected among all, runs what WordPress has due (wp-cron). Another takes over when it has not done so for twice that time.",
    ),
  xmlrpc: z
    .boolean()
    .default(false)
    .describe("`true` lets clients of XML-RPC in (xmlrpc.php), which else is answered 403."),
  loginsPerMinute: whole(0, 60_000)
    .default(30)
    .describe(
      "Logins that a client may try on one real server in a minute, half as many at once; more are answered 429. 0 for no limit. Behind full NAT all clients count as one.",
    ),
});

const tls = z.strictObject({
  names: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/, { error: "write a host name such as www.example.org" }))
    .default([])
    .describe("Names in the certificate besides the VIPs of the services that speak https."),
  validityDays: whole(1, 3650).default(90).describe("How long a certificate holds."),
  renewalDays: whole(0, 3650)
    .default(30)
    .describe("An `up` within so many days before its end renews the certificate."),
  redirect: z.boolean().default(false).describe("Answers http with a redirect to https."),
  certificateFile: z
    .string()
    .optional()
    .describe("A certificate of your own, PEM, its chain after it, in the place of one by the site's CA."),
  keyFile: z.string().optional().describe("The private key of `certificateFile`, PEM, not encrypted."),
});

/** All `lvs-wordpress:` keys of a stack file. */
export const siteSchema = z.strictObject({
  hypervisor: hypervisor.prefault({}).describe("Where the machines run."),
  image: image.prefault({}).describe("What every machine starts from."),
  layDown: z
    .boolean()
    .default(true)
    .describe("`false` brings up the machines alone, for building the cluster on them by hand."),
  content: z
    .enum(["wordpress", "static", "shop"])
    .default("wordpress")
    .describe(
      "What the real servers serve: `wordpress` with an NFS and a MySQL server, a small `static` site, or a `shop` with nginx, php-fpm and MariaDB on each of them.",
    ),
  firewall: z
    .boolean()
    .default(true)
    .describe(
      "Every machine lets in what its role serves, from whom it must, and ssh from the management side, and drops the rest (nftables).",
    ),
  managementCidrs: z
    .array(z.union([anyAddress, cidr, cidr6], { error: "write addresses or networks such as 192.0.2.0/24" }))
    .default([])
    .describe(
      "From where the machines are managed (ssh, and each real server's ports), beside the hypervisor's own addresses. A hypervisor elsewhere wants yours here. Rules that would shut out the session that lays them down are refused by the machine.",
    ),
  securityUpdates: z
    .boolean()
    .default(false)
    .describe(
      "`true`: each machine installs what Debian's security archive brings, daily (unattended-upgrades); never a kernel, which comes with the image, and never with a reboot. It needs `nameServers`, or a `debianMirror` by its address.",
    ),
  debianMirror: debianMirror
    .default(debianArchive)
    .describe(
      "From where security updates come, its security archive lying beside it under the same name with `-security`. A mirror by an IPv4 address needs no `nameServers`, and on a machine's own network no way out: machines behind a nat director, or on a network that forwards `none`, want one there, such as an apt-cacher-ng on the hypervisor (`http://172.16.1.1:3142/deb.debian.org/debian`).",
    ),
  nameServers: z
    .array(nameServer)
    .max(3, { error: "has more than three, and only three are asked; write those" })
    .default([])
    .describe(
      "IPv4 addresses of up to three DNS servers, in the order of asking; each machine gets those that it can reach.",
    ),
  network: network.prefault({}).describe("The front network, on which VIPs and clients are."),
  networks: z.array(furtherNetwork).default([]).describe("Further networks, for machines with several NICs."),
  directors: whole(1, 2)
    .default(1)
    .describe("1, or 2: a pair that shares the VIPs by VRRP, for which `director.manager` is keepalived."),
  director: director.prefault({}).describe("The machine running IPVS; it holds the VIPs."),
  vrrp: vrrp.prefault({}).describe("Between two directors (VRRPv3, unicast)."),
  sorryServer: sorryServer
    .optional()
    .describe("Answers 503 at the VIPs while no real server does, where real servers are checked."),
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
  cache: cache.prefault({}).describe("What real servers keep ready: pages, compiled PHP, paths."),
  nfs: nfs
    .optional()
    .describe(
      "The machine exporting the web root: WordPress's has one always, a static site's when this is written.",
    ),
  sync: z
    .enum(["none", "lsyncd"])
    .default("none")
    .describe(
      "`lsyncd`: web files that are on each real server's own disk are pushed there from one machine whenever they change there, WordPress's code (`wordpress.shared: uploads`) by the NFS server, a static site's pages by `source`.",
    ),
  source: source.optional().describe("The machine from which a static site's pages are pushed, see `sync`."),
  mysql: mysql.optional().describe("The machine running MariaDB for WordPress."),
  backup: backup
    .optional()
    .describe(
      "Backups of a WordPress site by a timer, each restored into a scratch database before it counts.",
    ),
  client: client.optional().describe("A machine on the client's side, for a client's view."),
  tls: tls.optional().describe("TLS on the real servers, with a certificate by a CA of the site's own."),
  wordpress: wordpress.prefault({}).describe("The site itself."),
});

export type StackFile = z.output<typeof siteSchema>;

/** The keys that the object at `path` of a stack file may have. Empty where the schema has no object. */
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

/** Removes defaults and optionals around a schema. */
export function unwrap<Schema extends z.ZodType | undefined>(schema: Schema): Schema | z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}

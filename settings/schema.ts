/**
 * The schema of a stack file: every setting with its meaning, unit, default and allowed values. docs/settings.md is
 * generated from it.
 */
import { z } from "zod";
import { anyAddress, cidr, cidr6, debianArchive, debianMirror, nameServer, whole } from "./fields";
import { debianSuites, defaultSuite } from "./debianSuites";
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
    .describe("`auto` tries to boot a kernel under KVM and uses KVM if that works, else emulation (`qemu`)."),
  provider: z
    .string()
    .optional()
    .describe(
      "Path of a terraform-provider-libvirt binary, for machines that cannot download the pinned release.",
    ),
});

const image = z.strictObject({
  suite: z
    .enum(debianSuites)
    .default(defaultSuite)
    .describe("Debian release of the guests: `trixie` is Debian 13, `bookworm` Debian 12."),
  hash: z
    .string()
    .regex(/^[0-9a-f]{12}$/, { error: "write the twelve hexadecimal digits that name an image" })
    .optional()
    .describe(
      "Hash of the image to stay on; `npm run promote` copies it to the next stack. Default: the image that this checkout builds.",
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
  uploadMiB: whole(1, 4096)
    .default(64)
    .describe(
      "Largest file that may be uploaded, in MiB; WordPress shows this limit. nginx accepts a little more.",
    ),
});

const wordpress = z.strictObject({
  shared: z
    .enum(["tree", "uploads"])
    .default("tree")
    .describe(
      "What real servers mount from NFS: the whole `tree`, so that administrators can add themes and plugins, or only `uploads`: the code is then on each real server's own disk, and WordPress cannot change it.",
    ),
  title: z
    .string()
    .min(1)
    .default("LVS WordPress")
    .describe("The site's title at the first `up`. Later, change it in WordPress."),
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
      "Interval at which one elected real server runs WordPress's scheduled tasks (wp-cron). Another real server takes over when none has run for twice that time.",
    ),
  xmlrpc: z
    .boolean()
    .default(false)
    .describe("`true` allows XML-RPC (xmlrpc.php). Otherwise it is answered with 403."),
  loginsPerMinute: whole(0, 60_000)
    .default(30)
    .describe(
      "Login attempts per minute that one client may make on one real server (half of them at once); more are answered with 429. 0 means no limit. Behind full NAT, all clients count as one.",
    ),
  publicUsers: z
    .boolean()
    .default(false)
    .describe(
      "`true` shows every visitor who the users are: in REST (`/wp/v2/users`), at `?author=N` and in the sitemap of authors. Otherwise only those who are logged in see them.",
    ),
  publicVersion: z
    .boolean()
    .default(false)
    .describe("`true` names WordPress's version in each page and feed (the generator tag)."),
  installer: z
    .boolean()
    .default(false)
    .describe(
      "`true` lets visitors reach `wp-admin/install.php` and `setup-config.php`. Otherwise these are answered with 403. The site is installed without them.",
    ),
  phpFiles: z
    .array(
      z.string().regex(/^\/(?!wp-content\/uploads\/)([\w-][\w.-]*\/)*([\w-][\w.-]*\.php)?$/, {
        error:
          "write the path of a PHP file, such as /wp-content/plugins/NAME/file.php, or of a folder, with / at its end; uploads are never executed",
      }),
    )
    .default([])
    .describe(
      "PHP files that visitors may request by name, besides WordPress's own entry points: paths such as `/wp-content/plugins/NAME/file.php`, or of a folder, such as `/wp-content/plugins/NAME/`. All others are answered with 403. Most plugins need none.",
    ),
  securityHeaders: z
    .boolean()
    .default(true)
    .describe(
      "Sends `X-Content-Type-Options: nosniff`, `X-Frame-Options: SAMEORIGIN` and `Referrer-Policy: strict-origin-when-cross-origin`, unless WordPress or a plugin sends its own. Pages that other sites may embed (`/embed/`) have no `X-Frame-Options`.",
    ),
});

const tls = z.strictObject({
  names: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/, { error: "write a host name such as www.example.org" }))
    .default([])
    .describe("Names in the certificate, in addition to the VIPs of https services."),
  validityDays: whole(1, 3650).default(90).describe("Validity of a certificate."),
  renewalDays: whole(0, 3650)
    .default(30)
    .describe("`up` renews the certificate when it ends within this number of days."),
  redirect: z.boolean().default(false).describe("Answers http with a redirect to https."),
  hstsSeconds: whole(0, 63_072_000)
    .optional()
    .describe(
      "For how long a browser that was here once uses https alone (`Strict-Transport-Security`). Browsers ignore it for addresses and for a certificate that they do not trust. 0 switches it off. Default: 30 days (2592000) with `redirect`, else 0.",
    ),
  certificateFile: z
    .string()
    .optional()
    .describe(
      "Path of your own certificate followed by its chain (PEM), used instead of one by the site's CA.",
    ),
  keyFile: z
    .string()
    .optional()
    .describe("Path of the private key of `certificateFile` (PEM, not encrypted)."),
});

/** All `lvs-wordpress:` keys of a stack file. */
export const siteSchema = z.strictObject({
  hypervisor: hypervisor.prefault({}).describe("Where the machines run."),
  image: image.prefault({}).describe("What every machine starts from."),
  protect: z
    .boolean()
    .optional()
    .describe(
      "`true`: neither `up` nor `down` removes a disk with the site's content (Pulumi's `protect`). Write `false` and run `up` before you take the stack down. Default: `false` for a lab, `true` for every other stack.",
    ),
  reconcile: z
    .boolean()
    .optional()
    .describe(
      "`true`: each machine compares itself with what `up` made it, every few seconds, and puts back what a person or a program took away. `lvs-reconcile --off` on a machine stops that for an hour. Default: `false` for a lab, where people break things, `true` for every other stack.",
    ),
  layDown: z
    .boolean()
    .default(true)
    .describe("`false` brings up only the machines, so that you can build the cluster on them by hand."),
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
      "nftables on every machine: it accepts only the ports and clients that its role needs, and ssh from the management networks; everything else is dropped.",
    ),
  managementCidrs: z
    .array(z.union([anyAddress, cidr, cidr6], { error: "write addresses or networks such as 192.0.2.0/24" }))
    .default([])
    .describe(
      "Addresses and networks from which the machines are managed (ssh, and the ports of each real server), in addition to the hypervisor's own addresses. If the hypervisor is another host, add your address. A machine refuses rules that would lock out the session that installs them.",
    ),
  trustedProxies: z
    .array(z.union([anyAddress, cidr, cidr6], { error: "write addresses or networks such as 192.0.2.0/24" }))
    .default([])
    .describe(
      "Addresses and networks of reverse proxies or a CDN in front of the site. From these alone, real servers take the visitor's address from `X-Forwarded-For`, and `https` from `X-Forwarded-Proto`: for logs, limits and WordPress. The director still balances by the proxy's address.",
    ),
  securityUpdates: z
    .boolean()
    .default(false)
    .describe(
      "`true`: each machine installs Debian's security updates daily (unattended-upgrades). It never reboots and never updates the kernel, which comes with the image. Needs `nameServers`, or an IP address in `debianMirror`.",
    ),
  debianMirror: debianMirror
    .default(debianArchive)
    .describe(
      "Debian mirror for security updates; its security archive is at the same URL with `-security` appended. With an IPv4 address in the URL, `nameServers` is not needed. Machines without a way out (behind a nat director, or on a network with forward `none`) need a mirror on their own network, such as apt-cacher-ng on the hypervisor (`http://172.16.1.1:3142/deb.debian.org/debian`).",
    ),
  nameServers: z
    .array(nameServer)
    .max(3, { error: "has more than three, and only three are asked; write those" })
    .default([])
    .describe(
      "IPv4 addresses of up to three DNS servers, in order. Each machine gets the ones that it can reach.",
    ),
  network: network.prefault({}).describe("The front network, with VIPs and clients."),
  networks: z.array(furtherNetwork).default([]).describe("Further networks, for machines with several NICs."),
  directors: whole(1, 2)
    .default(1)
    .describe("1 or 2. Two directors share the VIPs by VRRP and need `director.manager: keepalived`."),
  director: director.prefault({}).describe("The machine running IPVS; it holds the VIPs."),
  vrrp: vrrp.prefault({}).describe("VRRP between two directors (VRRPv3, unicast)."),
  sorryServer: sorryServer
    .optional()
    .describe("Sorry server: answers 503 at the VIPs while no real server is healthy. Needs health checks."),
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
  cache: cache.prefault({}).describe("Caches of the real servers: pages, compiled PHP, resolved paths."),
  nfs: nfs
    .optional()
    .describe(
      "The NFS server, which exports the web root. A WordPress site always has one; a static site has one if this is set.",
    ),
  sync: z
    .enum(["none", "lsyncd"])
    .default("none")
    .describe(
      "`lsyncd`: one machine pushes changed web files to the disk of each real server. WordPress's code (`wordpress.shared: uploads`) comes from the NFS server, a static site's pages from `source`.",
    ),
  source: source.optional().describe("The machine that pushes a static site's pages, see `sync`."),
  mysql: mysql.optional().describe("The machine running MariaDB for WordPress."),
  backup: backup
    .optional()
    .describe(
      "Scheduled backups of a WordPress site. Each one is tested by a restore into a scratch database.",
    ),
  client: client.optional().describe("A machine on the clients' side, for tests from a client's view."),
  tls: tls.optional().describe("TLS on the real servers, with a certificate by the site's own CA."),
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

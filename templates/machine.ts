/** A machine's identity. systemd reads it at boot from the SMBIOS strings of the domain (systemd.system-credentials(7)). */
import type { MachineSettings, NicSettings } from "../settings/site";

/** The user of all ssh connections. */
export const operator = "ops";

export interface Identity {
  readonly machine: MachineSettings;
  /** The operator's public key, in OpenSSH form. */
  readonly authorizedKey: string;
  /** The machine's own ssh host key, private, in OpenSSH form. */
  readonly hostKey: string;
}

interface Route {
  /** Default: every destination. */
  readonly to?: string;
  /** Default: the destination is on the link. */
  readonly via?: string;
  /** Default: `main`. */
  readonly table?: number;
}

interface Rule {
  readonly priority: number;
  readonly table: number | "main";
  /** Default: every source. */
  readonly from?: string;
  /** Leaves default routes of the table out. */
  readonly withoutDefault?: true;
}

/** Routes of a NIC beside that to its own network, and rules for them. */
interface Routing {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/**
 * The first NIC with a gateway has the default route, for IPv4 and IPv6. Of several NICs, packets with a source in a NIC's network, VIPs
 * included, use that NIC's gateway. Routes to the machine's own networks come first, unless the gateway is the director: then clients on
 * these networks are answered through it too.
 */
function routingOf(machine: MachineSettings, nic: NicSettings): Routing {
  const { gateway, addresses, cidr, throughDirector } = nic;
  const isDefault = (family: "gateway" | "gateway6") =>
    machine.nics.find((known) => known[family] !== undefined) === nic;
  const routes = (["gateway", "gateway6"] as const)
    .filter(isDefault)
    .flatMap((family): Route[] => (nic[family] === undefined ? [] : [{ via: nic[family] }]));
  const needsNoTable = isDefault("gateway") && !(throughDirector && machine.nics.length > 1);
  if (needsNoTable || gateway === undefined) return { routes, rules: [] };
  const table = 100 + machine.nics.indexOf(nic);
  return throughDirector
    ? {
        routes: [...routes, { to: cidr, table }, { via: gateway, table }],
        rules: [{ priority: 50, from: addresses[0], table }],
      }
    : {
        routes: [...routes, { via: gateway, table }],
        rules: [
          { priority: 100, table: "main", withoutDefault: true },
          { priority: 200, from: cidr, table },
        ],
      };
}

/** systemd.network(5). Addresses are static, NICs are matched by MAC, and networkd keeps VIPs that it did not set. */
export function networkFile(machine: MachineSettings, nic: NicSettings): string {
  const { routes, rules } = routingOf(machine, nic);
  const addresses = addressesOf(nic);
  const sections = [...rules.map(ruleSection), ...routes.flatMap(routeSection)];
  const gateways = routes.flatMap(({ via, table }) =>
    table === undefined && via !== undefined ? [via] : [],
  );
  return `${[
    `[Match]\nMACAddress=${nic.mac}\n`,
    "[Network]",
    ...addresses.map((address) => `Address=${address}`),
    ...gateways.map((gateway) => `Gateway=${gateway}`),
    // For an IPv6 VIP on lo, neighbour solicitations are sent from the link-local address. Without one no neighbour is found.
    `LinkLocalAddressing=${nic.address6 === undefined ? "no" : "ipv6"}`,
    "IPv6AcceptRA=no",
    "LLDP=no",
    "ConfigureWithoutCarrier=yes",
    "KeepConfiguration=yes",
  ].join("\n")}\n${sections.map((text) => `\n${text}`).join("")}`;
}

const addressesOf = ({ addresses, prefix, address6, prefix6 }: NicSettings): string[] => [
  ...addresses.map((address) => `${address}/${prefix}`),
  ...(address6 === undefined ? [] : [`${address6}/${prefix6}`]),
];

const ruleSection = ({ priority, from, table, withoutDefault }: Rule): string =>
  section("RoutingPolicyRule", [
    `Priority=${priority}`,
    ...(from === undefined ? [] : [`From=${from}`]),
    `Table=${table}`,
    ...(withoutDefault ? ["SuppressPrefixLength=0"] : []),
  ]);

/** A route of the main table is a line of the section Network. */
const routeSection = ({ to, via, table }: Route): string[] =>
  table === undefined
    ? []
    : [
        section("Route", [
          `Table=${table}`,
          ...(to === undefined ? [] : [`Destination=${to}`]),
          via === undefined ? "Scope=link" : `Gateway=${via}`,
        ]),
      ];

const section = (name: string, lines: readonly string[]): string => `${[`[${name}]`, ...lines].join("\n")}\n`;

/**
 * The machine's addresses, routes and rules for lvs-reconcile: lines of `address`, `route4`, `route6` or `rule`, followed by words that
 * ip(8) takes, in the form in which it prints them.
 */
export const addressLines = (machine: MachineSettings): string =>
  machine.nics
    .flatMap((nic) => {
      const { routes, rules } = routingOf(machine, nic);
      return [
        ...addressesOf(nic).map((address) => `address ${address} dev ${nic.device}`),
        ...routes.map((route) => routeLine(nic, route)),
        ...rules.map(ruleLine),
      ];
    })
    .map((line) => `${line}\n`)
    .join("");

const routeLine = ({ device }: NicSettings, { to = "default", via, table }: Route): string =>
  [
    `route${via?.includes(":") ? 6 : 4} ${to}`,
    ...(via === undefined ? [] : [`via ${via}`]),
    `dev ${device}`,
    ...(table === undefined ? [] : [`table ${table}`]),
  ].join(" ");

const ruleLine = ({ priority, from = "all", table, withoutDefault }: Rule): string =>
  `rule ${priority} from ${from} lookup ${table}${withoutDefault ? " suppress_prefixlength 0" : ""}`;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** tmpfiles.d(5) lines that write the identity's files at every boot. */
export function identityTmpfiles({ machine, authorizedKey, hostKey }: Identity): string {
  const file = (path: string, mode: string, owner: string, content: string) =>
    `f+~ ${path} ${mode} ${owner} ${owner} - ${base64(content)}`;
  return `${[
    ...machine.nics.map((nic) =>
      file(`/etc/systemd/network/10-${nic.device}.network`, "0644", "root", networkFile(machine, nic)),
    ),
    file("/etc/hosts", "0644", "root", `127.0.0.1 localhost\n${machine.address} ${machine.name}\n`),
    `d /home/${operator}/.ssh 0700 ${operator} ${operator} -`,
    file(`/home/${operator}/.ssh/authorized_keys`, "0600", operator, authorizedKey),
    file("/etc/ssh/ssh_host_ed25519_key", "0600", "root", hostKey),
  ].join("\n")}\n`;
}

/** What a machine's SMBIOS string begins with. Its tmpfiles.d lines follow as base64. */
export const identityPrefix = "io.systemd.credential.binary:tmpfiles.extra=";

/** The one SMBIOS type 11 string of a machine. */
export const identityString = (identity: Identity): string =>
  `${identityPrefix}${base64(identityTmpfiles(identity))}`;

/** The kernel's command line: quiet, no fsck of the disposable root disk, NICs named eth0, eth1, ... in order. */
export function kernelCommandLine(machine: MachineSettings): string {
  return [
    "root=/dev/vda rootfstype=ext4 rw",
    "console=ttyS0 quiet loglevel=3 systemd.show_status=false",
    "fsck.mode=skip net.ifnames=0 rcupdate.rcu_expedited=1 cryptomgr.notests audit=0",
    `systemd.hostname=${machine.name}`,
  ].join(" ");
}

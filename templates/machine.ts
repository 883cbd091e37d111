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

/**
 * systemd.network(5). Addresses are static, NICs are matched by MAC, and networkd keeps VIPs that it did not set. The first NIC with a
 * gateway has the default route, for IPv4 and IPv6.
 */
export function networkFile(machine: MachineSettings, nic: NicSettings): string {
  const isDefault = (family: "gateway" | "gateway6") =>
    machine.nics.find((known) => known[family] !== undefined) === nic;
  const routesItself = isDefault("gateway") && !(nic.throughDirector && machine.nics.length > 1);
  const addresses = [
    ...nic.addresses.map((address) => `${address}/${nic.prefix}`),
    ...(nic.address6 === undefined ? [] : [`${nic.address6}/${nic.prefix6}`]),
  ];
  const gateways = (["gateway", "gateway6"] as const)
    .filter(isDefault)
    .flatMap((family) => nic[family] ?? []);
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
  ].join("\n")}\n${routesItself ? "" : sourceRoutes(machine, nic)}`;
}

/**
 * Packets with a source in this NIC's network, VIPs included, use this NIC's gateway. Routes to the machine's own networks come first,
 * unless the gateway is the director: then clients on these networks are answered through it too.
 */
function sourceRoutes(machine: MachineSettings, nic: NicSettings): string {
  const { gateway, addresses, cidr, throughDirector } = nic;
  if (gateway === undefined) return "";
  const table = 100 + machine.nics.indexOf(nic);
  const rule = (priority: number, ...lines: string[]) =>
    ["[RoutingPolicyRule]", `Priority=${priority}`, ...lines, ""].join("\n");
  const route = (...lines: string[]) => ["[Route]", `Table=${table}`, ...lines, ""].join("\n");
  return `\n${(throughDirector
    ? [
        rule(50, `From=${addresses[0]}`, `Table=${table}`),
        route(`Destination=${cidr}`, "Scope=link"),
        route(`Gateway=${gateway}`),
      ]
    : [
        rule(100, "Table=main", "SuppressPrefixLength=0"),
        rule(200, `From=${cidr}`, `Table=${table}`),
        route(`Gateway=${gateway}`),
      ]
  ).join("\n")}`;
}

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

/** A machine's identity, as systemd reads it at first boot from the SMBIOS strings of its domain (systemd.system-credentials(7)). */
import type { MachineSettings, NetworkSettings } from "../settings/site";

/** The user through whom everything is laid down. */
export const operator = "ops";

export interface Identity {
  readonly machine: MachineSettings;
  readonly network: NetworkSettings;
  /** The operator's public key, in OpenSSH form. */
  readonly authorizedKey: string;
  /** The machine's own ssh host key, private, in OpenSSH form. */
  readonly hostKey: string;
}

/** systemd.network(5): the address is static and matched by MAC; networkd leaves VIPs that it did not set alone. */
export function networkFile(machine: MachineSettings, network: NetworkSettings): string {
  return `[Match]
MACAddress=${machine.mac}

[Network]
Address=${machine.address}/${network.prefix}
Gateway=${network.gateway}
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
ConfigureWithoutCarrier=yes
KeepConfiguration=yes
`;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** tmpfiles.d(5) lines that write the identity's files at every boot. */
export function identityTmpfiles({ machine, network, authorizedKey, hostKey }: Identity): string {
  const file = (path: string, mode: string, owner: string, content: string) =>
    `f+~ ${path} ${mode} ${owner} ${owner} - ${base64(content)}`;
  return `${[
    file("/etc/systemd/network/10-lan.network", "0644", "root", networkFile(machine, network)),
    file("/etc/hosts", "0644", "root", `127.0.0.1 localhost\n${machine.address} ${machine.name}\n`),
    `d /home/${operator}/.ssh 0700 ${operator} ${operator} -`,
    file(`/home/${operator}/.ssh/authorized_keys`, "0600", operator, authorizedKey),
    file("/etc/ssh/ssh_host_ed25519_key", "0600", "root", hostKey),
  ].join("\n")}\n`;
}

/** The one SMBIOS type 11 string of a machine. */
export function identityString(identity: Identity): string {
  return `io.systemd.credential.binary:tmpfiles.extra=${base64(identityTmpfiles(identity))}`;
}

/** The kernel's command line: quiet, no fsck of a disposable root, one NIC called eth0. */
export function kernelCommandLine(machine: MachineSettings): string {
  return [
    "root=/dev/vda rootfstype=ext4 rw",
    "console=ttyS0 quiet loglevel=3 systemd.show_status=false",
    "fsck.mode=skip net.ifnames=0 rcupdate.rcu_expedited=1 cryptomgr.notests audit=0",
    `systemd.hostname=${machine.name}`,
  ].join(" ");
}

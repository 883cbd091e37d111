/**
 * Files for pushing web files: lsyncd on the source, and on each real server an rsync that sshd starts for the source's key. It can only
 * write to one folder.
 */
import { type MachineSettings, type SiteSettings, addressToward } from "../settings/site";
import { localFiles, masterFiles } from "../settings/webFiles";

/** The user for pushes on both ends. It owns the files on the real servers. */
export const deployer = "deploy";

/** Paths that each real server has locally or from NFS. They are never pushed or deleted. */
const kept = ({ content }: SiteSettings): string[] =>
  content === "wordpress" ? ["/wp-config.php", "/wp-content/uploads"] : [];

/**
 * lsyncd(1), with one sync per real server, so that an unreachable one does not delay others. It is tried again every second, and
 * `insist` does so from the start. rsync moves all files of a push into place at its end.
 */
export function lsyncdConf(site: SiteSettings): string {
  const excluded = kept(site)
    .map((path) => `"${path}"`)
    .join(", ");
  return `settings {
  insist = true,
  statusFile = "/run/lsyncd/status",
}
${site.realServers
  .map(
    ({ name }) => `
sync {
  default.rsync,
  source = "${masterFiles(site)}/",
  target = "${name}::files/",
  exclude = { ${excluded} },
  delay = 1,
  rsync = {
    rsh = "/usr/bin/ssh -F /etc/lsyncd/ssh_config",
    perms = true,
    timeout = 30,
    _extra = { "--delay-updates" },
  },
}
`,
  )
  .join("")}`;
}

/** ssh_config(5) of lsyncd: one connection per real server, kept open for a while, closed soon when there is no answer. */
export function sshConfig(site: SiteSettings, source: MachineSettings): string {
  const hosts = site.realServers.map(
    (server) =>
      `Host ${server.name}\n  HostName ${addressToward(server, source)}\n  HostKeyAlias ${server.name}\n`,
  );
  return `${hosts.join("")}Host *
  User ${deployer}
  IdentityFile /etc/lsyncd/key
  IdentitiesOnly yes
  UserKnownHostsFile /etc/lsyncd/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout 5
  ServerAliveInterval 5
  ServerAliveCountMax 2
  ControlMaster auto
  ControlPath /run/lsyncd/%n
  ControlPersist 60
`;
}

/** rsyncd.conf(5): one folder, write-only. */
export function rsyncdConf(site: SiteSettings): string {
  const excluded = kept(site);
  return `use chroot = no
[files]
path = ${localFiles(site)}
read only = no
write only = yes
list = no
incoming chmod = Du=rwx,Dgo=rx,Fu=rw,Fgo=r
${excluded.length > 0 ? `exclude = ${excluded.join(" ")}\n` : ""}`;
}

/** authorized_keys of `deployer` on a real server (sshd(8)): the source's key, accepted from the source's address only. */
export function deployKeys(server: MachineSettings, source: MachineSettings, publicKey: string): string {
  return `restrict,from="${addressToward(source, server)}" ${publicKey.trim()}\n`;
}

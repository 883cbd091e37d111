/**
 * What the source of web files and the real servers read for pushing them: lsyncd on the one, on the others an rsync that
 * sshd starts for the source's key and that knows one folder, for writing.
 */
import { type MachineSettings, type SiteSettings, addressToward } from "../settings/site";
import { localFiles, masterFiles } from "../settings/webFiles";

/** The user as whom files are pushed, on both ends; they are its own on the real servers. */
export const deployer = "deploy";

/** What each real server has by itself, or from NFS: never pushed, and never deleted there. */
const kept = ({ content }: SiteSettings): string[] =>
  content === "wordpress" ? ["/wp-config.php", "/wp-content/uploads"] : [];

/**
 * lsyncd(1), a sync for each real server, so that one that is away holds up no other: it is tried again each second, and
 * `insist` does so from the start. rsync puts all files of a push in their places at its end.
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

/** ssh_config(5) of lsyncd: one connection a real server, kept for a while, and given up soon when nobody answers. */
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

/** rsyncd.conf(5): one folder, for writing alone. */
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

/** sshd(8)'s authorized_keys of that user on a real server: the source's key, from the source's address. */
export function deployKeys(server: MachineSettings, source: MachineSettings, publicKey: string): string {
  return `restrict,from="${addressToward(source, server)}" ${publicKey.trim()}\n`;
}

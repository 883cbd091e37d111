import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;
const remote = { to: "backup@192.0.2.10:/srv/backups", hostKey, keyFile: "key" };
const isolated = { ...inside, forward: "none" };

test.each<[string, Record<string, unknown>, string]>([
  [
    "backups of a static site",
    { content: "static", backup: {} },
    'backup: a static site has nothing to back up; leave it out, or write "wordpress" as content',
  ],
  [
    "a folder on the root disk",
    { backup: { directory: "/var/backups" } },
    "backup.directory: /var/backups is not on the NFS server's data disk, which alone survives a new image; write a folder below /data such as /data/backup",
  ],
  [
    "a folder that leads out of the data disk",
    { backup: { directory: "/data/../var" } },
    "backup.directory: /data/../var is not on the NFS server's data disk, which alone survives a new image; write a folder below /data such as /data/backup",
  ],
  [
    "a folder that real servers mount",
    { backup: { directory: "/data/wordpress/backup" } },
    "backup.directory: /data/wordpress/backup is in the tree that the real servers mount; write a folder beside it such as /data/backup",
  ],
  [
    "a schedule that is none",
    { backup: { schedule: "every night" } },
    'backup.schedule: "every night" is no calendar of systemd; write "daily", or one like "03:30" or "Mon..Fri 22:00"',
  ],
  ["none to keep", { backup: { keep: 0 } }, "backup.keep: 0 is too small; write a number from 1 to 1000"],
  [
    "a remote folder by name",
    { backup: { remote: { ...remote, to: "backup@nas:/srv" } } },
    'backup.remote.to: "backup@nas:/srv" is no remote folder; write USER@ADDRESS:/FOLDER with an IPv4 address, which no name server need be asked for',
  ],
  [
    "a remote folder with a space, which SFTP's commands would take apart",
    { backup: { remote: { ...remote, to: "backup@192.0.2.10:/srv/my backups" } } },
    'backup.remote.to: "backup@192.0.2.10:/srv/my backups" is no remote folder; write USER@ADDRESS:/FOLDER with an IPv4 address, which no name server need be asked for',
  ],
  [
    "a line of known_hosts as host key",
    { backup: { remote: { ...remote, hostKey: `192.0.2.10 ${hostKey}` } } },
    "backup.remote.hostKey: write the host's public key as ssh-keyscan prints it, without the address: ssh-ed25519 AAAA...",
  ],
  [
    "a remote host that an isolated NFS server cannot reach",
    {
      network: { forward: "none" },
      backup: { remote },
    },
    'backup.remote.to: the NFS server cannot reach 192.0.2.10: its networks are isolated; write "nat" as forward of one, or give it an address on another in nfs.addresses',
  ],
  [
    "a database on a network that the NFS server is not on",
    {
      networks: [isolated],
      realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
      mysql: { address: "172.16.1.35" },
      backup: {},
    },
    "backup: the NFS server makes the backups and cannot reach the database on 172.16.1.0/24; write an address there in nfs.addresses",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test("a site has no backups unless they are written, and by default seven of them, a day apart", () => {
  expect(resolveSite("dev", {}).backup).toBeUndefined();
  expect(resolveSite("dev", { backup: {} }).backup).toEqual({
    schedule: "daily",
    keep: 7,
    directory: "/data/backup",
  });
});

test("an isolated NFS server reaches a remote host beside it", () => {
  const raw = {
    network: { forward: "none" },
    backup: { remote: { ...remote, to: "backup@172.16.0.9:/srv" } },
  };
  expect(() => resolveSite("dev", raw)).not.toThrow();
});

/** Checks that backups can be made and stored. */
import { networkOf } from "../assemble/networks";
import { Cidr } from "../ipv4";
import type { Problem } from "../problems";
import type { StackFile } from "../schema";
import { remoteParts } from "../schema/backup";
import { type SiteSettings, databasesOf } from "../site";
import { isOn, isRouted } from "./places";

/** The tree that the NFS server exports to real servers. */
const exported = "/data/wordpress";

/** Problems of the backup settings in the file. */
export function backupFileProblems({ content, backup, wordpress }: StackFile): Problem[] {
  if (!backup) return [];
  if (wordpress.shared === "uploads")
    return [
      {
        path: "backup",
        message:
          'saves a whole tree, and real servers share only uploads here; write "tree" as wordpress.shared, or leave it out',
      },
    ];
  if (content !== "wordpress")
    return [
      {
        path: "backup",
        message: `a ${content} site has nothing to back up; leave it out, or write "wordpress" as content`,
      },
    ];
  const refuse = (message: string) => [
    { path: "backup.directory", message: `${backup.directory} ${message}` },
  ];
  if (!/^\/data\/[\w.@+-]+(\/[\w.@+-]+)*$/.test(backup.directory) || /\/\.\.?(\/|$)/.test(backup.directory))
    return refuse(
      "is not on the NFS server's data disk, which alone survives a new image; write a folder below /data such as /data/backup",
    );
  if (`${backup.directory}/`.startsWith(`${exported}/`))
    return refuse(
      "is in the tree that the real servers mount; write a folder beside it such as /data/backup",
    );
  return [];
}

/**
 * The NFS server makes the backups. It must reach both databases, because either can be the primary, and the remote
 * host.
 */
export function backupPlaces(site: SiteSettings): Problem[] {
  const { networks, nfs, backup } = site;
  if (!backup || !nfs) return [];
  const own = networkOf(networks, nfs.address);
  const database = databasesOf(site)
    .map(({ address }) => networkOf(networks, address))
    .find((network) => !isOn(nfs, network) && !isRouted(network, own));
  const problems: Problem[] = [];
  if (database)
    problems.push({
      path: "backup",
      message: `the NFS server makes the backups and cannot reach the database on ${database.cidr}; write an address there in nfs.addresses`,
    });
  const remote = backup.remote && remoteParts(backup.remote.to);
  if (remote && nfs.nics.every(({ gateway, cidr }) => !gateway && !new Cidr(cidr).contains(remote.address)))
    problems.push({
      path: "backup.remote.to",
      message: `the NFS server cannot reach ${remote.address}: its networks are isolated; write "nat" as forward of one, or give it an address on another in nfs.addresses`,
    });
  return problems;
}

/** Checks that real servers have the web files that are pushed on their own disks, and that a source machine is used. */
import type { Problem } from "../problems";
import type { StackFile } from "../schema";

export function syncProblems({ sync, content, nfs, source, wordpress }: StackFile): Problem[] {
  if (source && (sync === "none" || content !== "static")) {
    const has = content === "wordpress" ? "WordPress's source is its NFS server" : "nothing is pushed here";
    return [
      { path: "source", message: `${has}; leave it out, or write it for a static site with sync: lsyncd` },
    ];
  }
  if (sync === "none") return [];
  if (content === "shop") return [{ path: "sync", message: 'a shop pushes no files; write "none"' }];
  if (content === "wordpress" && wordpress.shared === "tree")
    return [
      {
        path: "sync",
        message:
          'every real server mounts the tree from NFS; write "uploads" as wordpress.shared, or "none" here',
      },
    ];
  if (content === "static" && nfs)
    return [
      {
        path: "sync",
        message: 'every real server mounts its pages from NFS; leave nfs out, or write "none"',
      },
    ];
  return [];
}

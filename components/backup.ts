/** What backups add to the NFS server's job. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { SiteSettings } from "../settings/site";
import { backupCnf, backupConf, backupTimer, knownHosts } from "../templates/backup";
import type { Job } from "./guest";
import { projectFile } from "../settings/projectFile";

/**
 * The backup programs and their settings, for the NFS server's job. For a site without backups only backup.sh:
 * with it the job removes the programs and the timer, but keeps the backups.
 */
export function backupPart(
  site: SiteSettings,
  password?: pulumi.Output<string>,
  databaseCa?: pulumi.Output<string>,
): Required<Pick<Job, "copies" | "files">> {
  const { backup, mysql } = site;
  if (!backup || !mysql || !password || !databaseCa) return { copies: ["backup/backup.sh"], files: {} };
  return {
    copies: [
      "backup.sh",
      "lvs-backup",
      "lvs-restore",
      "backup-common.sh",
      "backup-snapshot.sh",
      "backup-remote.sh",
    ].map((file) => `backup/${file}`),
    files: {
      "backup.conf": backupConf(site, backup, mysql),
      "backup.cnf": password.apply(backupCnf),
      "backup.ca.crt": databaseCa,
      "lvs-backup.timer": backupTimer(backup),
      ...(backup.remote && {
        "backup.key": pulumi.secret(readFileSync(projectFile(backup.remote.keyFile), "utf8")),
        "backup.known_hosts": knownHosts(backup.remote),
      }),
    },
  };
}

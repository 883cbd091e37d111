/** What backups add to the NFS server's job, and the key for a remote host, looked at before anything is made. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { SiteSettings } from "../settings/site";
import { listing } from "../settings/problems";
import { backupCnf, backupConf, backupTimer, knownHosts } from "../templates/backup";
import type { Job } from "./guest";

/** The job takes backups away again where there are none of these files but the first. */
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
        "backup.key": pulumi.secret(readFileSync(backup.remote.keyFile, "utf8")),
        "backup.known_hosts": knownHosts(backup.remote),
      }),
    },
  };
}

/** Why `text` is no private key that ssh can use by itself; nothing when it is one. */
export function keyFault(text: string): string | undefined {
  const [, kind, body] = /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s+([\s\S]+)-----END /.exec(text) ?? [];
  if (body === undefined) return "is no private key; write the one that ssh-keygen made, not its .pub";
  // PROTOCOL.key: "openssh-key-v1", a zero, the length of the cipher's name and the name.
  const cipher = Buffer.from(body, "base64").subarray(15, 23).toString("latin1");
  const open = kind === "OPENSSH " && cipher === "\0\0\0\x04none";
  const plain = kind !== "OPENSSH " && kind !== "ENCRYPTED " && !body.includes("ENCRYPTED");
  if (!open && !plain)
    return "has a passphrase, which nobody is there to type, or is cut short; make one of its own for backups: ssh-keygen -N ''";
  return undefined;
}

/** @throws RunError, which Pulumi shows without a stack trace, when the remote host's key cannot be used */
export function checkBackupKey({ stack, backup }: SiteSettings): void {
  if (!backup?.remote) return;
  const { keyFile } = backup.remote;
  let fault: string | undefined;
  try {
    fault = keyFault(readFileSync(keyFile, "utf8"));
  } catch (error) {
    fault = `cannot be read: ${(error as Error).message}`;
  }
  if (fault === undefined) return;
  const problem = { path: "backup.remote.keyFile", message: `${keyFile} ${fault}` };
  throw new pulumi.RunError(listing(`The site ${stack} cannot be backed up:`, [problem]));
}

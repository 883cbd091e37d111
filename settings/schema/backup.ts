/** Settings for backups. */
import { z } from "zod";
import { isCalendar } from "../calendar";
import { whole } from "../fields";
import { isIpv4 } from "../ipv4";

/** Splits `user@address:/path`. Undefined for any other text. */
export function remoteParts(to: string): { user: string; address: string; path: string } | undefined {
  const [, user = "", address = "", path] = /^([a-z_][a-z0-9._-]*)@([\d.]+):(\/[\w.@+/-]*)$/i.exec(to) ?? [];
  return path !== undefined && isIpv4(address) ? { user, address, path } : undefined;
}

const remote = z.strictObject({
  to: z
    .string()
    .refine((text) => remoteParts(text) !== undefined, {
      error: (issue) =>
        `"${String(issue.input)}" is no remote folder; write USER@ADDRESS:/FOLDER with an IPv4 address, which no name server need be asked for`,
    })
    .describe("Folder on an SFTP server, such as `user@192.0.2.10:/srv/backups`. It must exist."),
  port: whole(1, 65535).default(22).describe("Its ssh port."),
  hostKey: z
    .string()
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp\d{3}|ssh-rsa) [A-Za-z0-9+/]{16,}={0,2}$/, {
      error: "write the host's public key as ssh-keyscan prints it, without the address: ssh-ed25519 AAAA...",
    })
    .describe(
      "The public ssh host key of that server, such as `ssh-ed25519 AAAA...`. A server with another key is refused.",
    ),
  keyFile: z
    .string()
    .describe("Path on your machine of the private key for that server, without a passphrase."),
});

export const backup = z.strictObject({
  schedule: z
    .string()
    .refine(isCalendar, {
      error: (issue) =>
        `"${String(issue.input)}" is no calendar of systemd; write "daily", or one like "03:30" or "Mon..Fri 22:00"`,
    })
    .default("daily")
    .describe(
      "When backups run, in UTC (systemd.time(7), `OnCalendar=`). A backup missed while the machine was off runs at its next start.",
    ),
  keep: whole(1, 1000)
    .default(7)
    .describe("How many of the newest backups are kept, in the folder and on the remote host."),
  directory: z
    .string()
    .default("/data/backup")
    .describe("Folder on the NFS server's data disk. Backups there are lost with that disk."),
  remote: remote
    .optional()
    .describe("A host to which each backup is copied, so that it survives the loss of the hypervisor."),
});

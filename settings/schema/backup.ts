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
    .describe("Folder on a host that speaks SFTP, `user@192.0.2.10:/srv/backups`; it exists already."),
  port: whole(1, 65535).default(22).describe("Its ssh port."),
  hostKey: z
    .string()
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp\d{3}|ssh-rsa) [A-Za-z0-9+/]{16,}={0,2}$/, {
      error: "write the host's public key as ssh-keyscan prints it, without the address: ssh-ed25519 AAAA...",
    })
    .describe(
      "Its public ssh host key, such as `ssh-ed25519 AAAA...`; a host that shows another is refused.",
    ),
  keyFile: z
    .string()
    .describe("On your machine: the private key with which it is reached, without a passphrase."),
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
      "When, in UTC (systemd.time(7), `OnCalendar=`); what was missed while it was off is made up for.",
    ),
  keep: whole(1, 1000)
    .default(7)
    .describe("How many are kept, the newest, in the folder and on the remote host each."),
  directory: z
    .string()
    .default("/data/backup")
    .describe("Folder on the NFS server's data disk; what it holds is lost with that disk."),
  remote: remote.optional().describe("Where each one is copied to, so that it outlives the hypervisor."),
});

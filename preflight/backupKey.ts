/** Refuses a key for the remote backup host that cannot be used, before anything is created. */
import { readFileSync } from "node:fs";
import { RunError } from "@pulumi/pulumi";
import { listing } from "../settings/problems";
import { projectFile } from "../settings/projectFile";
import type { SiteSettings } from "../settings/site";

/** Why ssh cannot use `text` as a private key without a passphrase. Undefined when it can. */
export function keyFault(text: string): string | undefined {
  const [, kind, body] = /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s+([\s\S]+)-----END /.exec(text) ?? [];
  if (body === undefined) return "is no private key; write the one that ssh-keygen made, not its .pub";
  // PROTOCOL.key: "openssh-key-v1", a zero, the length of the cipher's name and the name.
  const cipher = Buffer.from(body, "base64").subarray(15, 23).toString("latin1");
  const open = kind === "OPENSSH " && cipher === "\0\0\0\x04none";
  const plain = kind !== "OPENSSH " && kind !== "ENCRYPTED " && !body.includes("ENCRYPTED");
  if (!open && !plain)
    return "has a passphrase, which nobody can type during a backup, or is incomplete; make a key for backups alone: ssh-keygen -N ''";
  return undefined;
}

/** @throws RunError, which Pulumi shows without a stack trace, when the remote host's key cannot be used */
export function checkBackupKey({ stack, backup }: SiteSettings): void {
  if (!backup?.remote) return;
  const { keyFile } = backup.remote;
  let fault: string | undefined;
  try {
    fault = keyFault(readFileSync(projectFile(keyFile), "utf8"));
  } catch (error) {
    fault = `cannot be read: ${(error as Error).message}`;
  }
  if (fault === undefined) return;
  const problem = { path: "backup.remote.keyFile", message: `${keyFile} ${fault}` };
  throw new RunError(listing(`The site ${stack} cannot be backed up:`, [problem]));
}

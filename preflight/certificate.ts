/** Checks the user's own certificate: refuses one that clients or nginx would refuse, before anything is created. */
import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { RunError } from "@pulumi/pulumi";
import { type Problem, listing } from "../settings/problems";
import { projectFile } from "../settings/projectFile";
import { type SiteSettings, httpsVipsOf, namesOf } from "../settings/site";
import { nonEmpty } from "../settings/lists";

export interface GivenFile {
  readonly path: string;
  /** The content of the file, or the error when it cannot be read. */
  readonly content: string | Error;
}

/** Thrown with all problems of the user's certificate. Pulumi shows a RunError without a stack trace. */
export class CertificateError extends RunError {
  constructor(
    stack: string,
    readonly problems: readonly Problem[],
  ) {
    super(listing(`The certificate given for the site ${stack} cannot be used:`, problems));
    this.name = "CertificateError";
  }
}

/** @throws CertificateError when clients or nginx would refuse the user's certificate */
export function checkCertificate(site: SiteSettings): void {
  const { certificateFile, keyFile } = site.tls ?? {};
  if (certificateFile === undefined || keyFile === undefined) return;
  const problems = certificateProblems(site, read(certificateFile), read(keyFile), new Date());
  if (problems.length > 0) throw new CertificateError(site.stack, problems);
}

function read(path: string): GivenFile {
  try {
    return { path, content: readFileSync(projectFile(path), "utf8") };
  } catch (error) {
    return { path, content: error as Error };
  }
}

/** Why the site cannot use these files at the time `now`. Empty when it can. */
export function certificateProblems(
  site: SiteSettings,
  certificateFile: GivenFile,
  keyFile: GivenFile,
  now: Date,
): Problem[] {
  const certificate = certificateOf(certificateFile);
  const key = keyOf(keyFile);
  const inCertificate =
    certificate instanceof X509Certificate
      ? [...timeFaults(certificate, now), ...coverFaults(certificate, site)]
      : [certificate];
  const mismatch = `is not the key of the first certificate in ${certificateFile.path}; write the key that it was requested with, and in ${certificateFile.path} the site's own certificate before its chain`;
  const matches =
    typeof key === "string" || typeof certificate === "string" || certificate.checkPrivateKey(key);
  const inKey = typeof key === "string" ? [key] : matches ? [] : [mismatch];
  return [
    ...inCertificate.map((fault) => ({
      path: "tls.certificateFile",
      message: `${certificateFile.path} ${fault}`,
    })),
    ...inKey.map((fault) => ({ path: "tls.keyFile", message: `${keyFile.path} ${fault}` })),
  ];
}

/** `ENOENT: no such file or directory, open 'x'` without the path. */
const unreadable = ({ message }: Error): string =>
  `cannot be read: ${/^\w+: (.*?),/.exec(message)?.[1] ?? message}; write the path of a file that can, seen from the project's folder`;

const noPem = (what: string, label: string, tool: string): string =>
  `holds no ${what} in PEM form; write a file with a line "-----BEGIN ${label}-----", which "openssl ${tool} -inform DER -in FILE" makes of one in DER form`;

/** The first certificate of a file, or a problem with it. */
function certificateOf({ content }: GivenFile): X509Certificate | string {
  if (typeof content !== "string") return unreadable(content);
  const blocks = content.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs);
  if (!blocks) return noPem("certificate", "CERTIFICATE", "x509");
  if (content.includes("PRIVATE KEY-----"))
    return "contains a private key too, and every user of the real servers may read this file; keep the key in keyFile only";
  try {
    // Those after the first must be readable too.
    return nonEmpty(
      blocks.map((block) => new X509Certificate(block)),
      "certificate",
    )[0];
  } catch {
    return "contains a damaged certificate; get it again from its issuer";
  }
}

function keyOf({ path, content }: GivenFile): KeyObject | string {
  if (typeof content !== "string") return unreadable(content);
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(content))
    return `is encrypted, and nobody can type its passphrase when nginx starts; write one without a passphrase, as "openssl pkey -in ${path}" makes it`;
  try {
    return createPrivateKey(content);
  } catch {
    return noPem("private key", "PRIVATE KEY", "pkey");
  }
}

function timeFaults({ validFrom, validTo }: X509Certificate, now: Date): string[] {
  const text = (date: string) => `${new Date(date).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (now < new Date(validFrom))
    return [
      `is valid only from ${text(validFrom)}; write one that is valid now, or correct this host's clock`,
    ];
  if (now >= new Date(validTo))
    return [
      `expired at ${text(validTo)}; renew it, or leave certificateFile and keyFile out for a certificate by the site's own CA`,
    ];
  return [];
}

/**
 * The names that the certificate does not cover, as one fault. VIPs are checked only if the site has no names,
 * because no public CA signs a private address.
 */
function coverFaults(certificate: X509Certificate, site: SiteSettings): string[] {
  const names = namesOf(site);
  const covered = (subject: string) =>
    isIP(subject) ? certificate.checkIP(subject) : certificate.checkHost(subject, { subject: "never" });
  const missing = (names.length > 0 ? names : httpsVipsOf(site)).filter((subject) => !covered(subject));
  if (missing.length === 0) return [];
  const otherwise =
    names.length > 0
      ? "or take them out of tls.names and wordpress.hostNames"
      : "or write the names that it is for as tls.names";
  return [
    `does not cover ${missing.join(", ")}; get one with these as subject alternative names, ${otherwise}`,
  ];
}

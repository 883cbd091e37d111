import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface CertificateAuthorityArgs {
  readonly stack: string;
  /** The validity of what it signs. A CA that would end before is made anew by the next `up`. */
  readonly signedDays: number;
}

/** Twice the longest validity of what it signs (settings/schema.ts), for whoever trusts it has imported it by hand. */
const validityDays = 7300;

/** A CA of the site's own; its key stays in the stack's state. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM, to be imported where the site is looked at. */
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:CertificateAuthority", name, {}, opts);
    const parent = { parent: this };
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName("CA of lvs-wordpress", args.stack) },
        isCaCertificate: true,
        setSubjectKeyId: true,
        validityPeriodHours: validityDays * 24,
        earlyRenewalHours: args.signedDays * 24,
        allowedUses: ["cert_signing", "crl_signing"],
      },
      parent,
    );
    this.key = key.privateKeyPem;
    this.certificate = certificate.certPem;
    this.registerOutputs({});
  }
}

/** 64 characters at most (RFC 5280, ub-common-name). */
export const commonName = (what: string, stack: string): string => `${what} ${stack}`.slice(0, 64);

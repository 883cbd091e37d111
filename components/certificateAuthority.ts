import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface CertificateAuthorityArgs {
  readonly stack: string;
  /** Validity of the certificates that it signs, in days. The next `up` replaces a CA that would expire before them. */
  readonly signedDays: number;
}

/** Twice the longest validity of a certificate (settings/schema.ts), because people import the CA by hand. */
const validityDays = 7300;

export interface ServerCertificateArgs {
  readonly stack: string;
  /** Names and addresses. */
  readonly subjects: readonly string[];
  readonly validityDays: number;
  /** An `up` within this many days before its end renews it. */
  readonly renewalDays: number;
}

/** The files of a server, both PEM. */
export interface CertificateFiles {
  /** The server's certificate, followed by the intermediate certificates. */
  readonly certificate: string;
  readonly key: string;
}

/** The site's own CA. Its key stays in the stack's state. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM, to import into browsers. */
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
    this.registerOutputs({ certificate: this.certificate });
  }

  /**
   * Signs a server's certificate. The result is secret as a whole. The chain does not contain the CA's own certificate, because
   * clients that trust it have it (RFC 8446, section 4.4.2).
   */
  sign(
    name: string,
    { stack, subjects, validityDays, renewalDays }: ServerCertificateArgs,
    opts: pulumi.ComponentResourceOptions,
  ): pulumi.Output<CertificateFiles> {
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName("lvs-wordpress", stack) },
        dnsNames: subjects.filter((subject) => !isIP(subject)),
        ipAddresses: subjects.filter((subject) => isIP(subject)),
      },
      opts,
    );
    const signed = new tls.LocallySignedCert(
      `${name}-signed`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: this.key,
        caCertPem: this.certificate,
        validityPeriodHours: validityDays * 24,
        earlyRenewalHours: renewalDays * 24,
        allowedUses: ["digital_signature", "server_auth"],
      },
      opts,
    );
    return pulumi.secret({ certificate: signed.certPem, key: key.privateKeyPem });
  }
}

/** 64 characters at most (RFC 5280, ub-common-name). */
export const commonName = (what: string, stack: string): string => `${what} ${stack}`.slice(0, 64);

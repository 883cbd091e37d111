import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { SiteSettings } from "../settings/site";
import { CertificateAuthority, commonName } from "./certificateAuthority";

type TlsSettings = NonNullable<SiteSettings["tls"]>;

export interface SiteCertificateArgs {
  readonly site: SiteSettings;
  readonly settings: TlsSettings;
}

/** What nginx reads; both PEM. */
export interface CertificateFiles {
  /** The site's certificate, and after it what leads to a CA that clients know. */
  readonly certificate: string;
  readonly key: string;
}

/** The names that visitors use. */
export const namesOf = (site: SiteSettings): string[] => [
  ...new Set([...(site.tls?.names ?? []), ...site.wordpress.hostNames]),
];

/** VIPs at which https is spoken. */
export function httpsVipsOf({ services }: SiteSettings): string[] {
  const speaking = services.filter(({ listeners }) => listeners.some(({ application: a }) => a === "https"));
  return [...new Set(speaking.flatMap(({ vips }) => vips))];
}

/** The certificate of a site: by a CA of the site's own, renewed by `up` in time, or one that was given. */
export class SiteCertificate extends pulumi.ComponentResource {
  /** Secret as a whole. */
  readonly files: pulumi.Output<CertificateFiles>;
  /** PEM, to be imported where the site is looked at; a given certificate's CA is not the site's. */
  readonly caCertificate?: pulumi.Output<string>;

  constructor(name: string, { site, settings }: SiteCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:SiteCertificate", name, {}, opts);
    const { certificateFile, keyFile } = settings;
    if (certificateFile !== undefined && keyFile !== undefined) {
      const [certificate, key] = [certificateFile, keyFile].map((file) => readFileSync(file, "utf8"));
      this.files = pulumi.secret({ certificate: certificate!, key: key! });
    } else {
      const signedDays = settings.validityDays;
      const ca = new CertificateAuthority(`${name}-ca`, { stack: site.stack, signedDays }, { parent: this });
      this.caCertificate = ca.certificate;
      this.files = this.sign(name, ca, site, settings);
    }
    this.registerOutputs({});
  }

  /** The CA's own certificate is left out of the chain: whoever trusts it has it (RFC 8446, section 4.4.2). */
  private sign(
    name: string,
    ca: CertificateAuthority,
    site: SiteSettings,
    { validityDays, renewalDays }: TlsSettings,
  ): pulumi.Output<CertificateFiles> {
    const parent = { parent: this };
    // On a private hypervisor visitors come through a forwarded port of the loopback address.
    const subjects = [...new Set([...namesOf(site), ...httpsVipsOf(site), "localhost", "127.0.0.1"])];
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName("lvs-wordpress", site.stack) },
        dnsNames: subjects.filter((subject) => !isIP(subject)),
        ipAddresses: subjects.filter((subject) => isIP(subject)),
      },
      parent,
    );
    const signed = new tls.LocallySignedCert(
      `${name}-signed`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: ca.key,
        caCertPem: ca.certificate,
        validityPeriodHours: validityDays * 24,
        earlyRenewalHours: renewalDays * 24,
        allowedUses: ["digital_signature", "server_auth"],
      },
      parent,
    );
    return pulumi.secret({ certificate: signed.certPem, key: key.privateKeyPem });
  }
}

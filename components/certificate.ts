import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type SiteSettings, httpsVipsOf, namesOf } from "../settings/site";
import { CertificateAuthority, type CertificateFiles } from "./certificateAuthority";
import type { Job } from "./guest";
import { projectFile } from "../settings/projectFile";

type TlsSettings = NonNullable<SiteSettings["tls"]>;

export interface SiteCertificateArgs {
  readonly site: SiteSettings;
  readonly settings: TlsSettings;
}

/** The certificate files of a machine's job. Undefined for a site without TLS. */
export const tlsFiles = (certificate: pulumi.Output<CertificateFiles> | undefined): Job["files"] =>
  certificate && {
    "tls.crt": certificate.apply((files) => files.certificate),
    "tls.key": certificate.apply((files) => files.key),
  };

/** The certificate of a site: signed by the site's own CA and renewed by `up`, or the user's own. */
export class SiteCertificate extends pulumi.ComponentResource {
  /** A secret output. */
  readonly files: pulumi.Output<CertificateFiles>;
  /** PEM, to import into browsers. Undefined for a certificate of the user's own. */
  readonly caCertificate?: pulumi.Output<string>;

  constructor(name: string, { site, settings }: SiteCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:SiteCertificate", name, {}, opts);
    const { certificateFile, keyFile } = settings;
    if (certificateFile !== undefined && keyFile !== undefined) {
      const read = (file: string) => readFileSync(projectFile(file), "utf8");
      this.files = pulumi.secret({ certificate: read(certificateFile), key: read(keyFile) });
    } else {
      const signedDays = settings.validityDays;
      const ca = new CertificateAuthority(`${name}-ca`, { stack: site.stack, signedDays }, { parent: this });
      this.caCertificate = ca.certificate;
      // With a private hypervisor, visitors use a forwarded port of the loopback address.
      const subjects = [...new Set([...namesOf(site), ...httpsVipsOf(site), "localhost", "127.0.0.1"])];
      this.files = ca.sign(name, { stack: site.stack, subjects, ...settings }, { parent: this });
    }
    this.registerOutputs({ caCertificate: this.caCertificate });
  }
}

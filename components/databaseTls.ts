import * as pulumi from "@pulumi/pulumi";
import { type MysqlSettings, type SiteSettings, databasesOf } from "../settings/site";
import { CertificateAuthority, type CertificateFiles } from "./certificateAuthority";
import { present } from "../settings/lists";

export interface DatabaseTlsArgs {
  readonly site: SiteSettings;
}

/** Days. Only the site's own machines use these certificates. They are valid for long, so that a site without an `up` keeps its database. */
const validityDays = 3650;
const renewalDays = 365;

/** TLS between WordPress, its database and the replica: a separate CA, and a certificate for each machine. */
export class DatabaseTls extends pulumi.ComponentResource {
  /** PEM. */
  readonly caCertificate: pulumi.Output<string>;
  private readonly certificates: ReadonlyMap<string, pulumi.Output<CertificateFiles>>;

  constructor(name: string, { site }: DatabaseTlsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:DatabaseTls", name, {}, opts);
    const parent = { parent: this };
    const { stack } = site;
    const ca = new CertificateAuthority(`${name}-ca`, { stack, signedDays: validityDays }, parent);
    this.caCertificate = ca.certificate;
    this.certificates = new Map(
      databasesOf(site).map((mysql) => [
        mysql.name,
        ca.sign(
          `${name}-${mysql.name}`,
          { stack, subjects: [mysql.address], validityDays, renewalDays },
          parent,
        ),
      ]),
    );
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  /** The TLS files for the job of a database machine. */
  filesFor({ name }: MysqlSettings): Record<string, pulumi.Output<string>> {
    const files = present(this.certificates.get(name), `certificate of ${name}`);
    return {
      "ca.crt": this.caCertificate,
      "server.crt": files.apply(({ certificate }) => certificate),
      "server.key": files.apply(({ key }) => key),
    };
  }
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { SiteCertificate } from "../../../components/certificate";
import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import {
  type Node,
  certRequest,
  find,
  graphFrom,
  locallySignedCert,
  plain,
  privateKey,
  selfSignedCert,
} from "./graph";

const https = { name: "https", port: 443 };
const siteWith = (tls: object, more: object = {}, stack = "dev") =>
  resolveSite(stack, { tls, services: [{}, https], ...more });

/** What a site's certificate is made of, and what it puts out. */
async function made(site: SiteSettings): Promise<{ graph: readonly Node[]; certificate: SiteCertificate }> {
  const holder: { certificate?: SiteCertificate } = {};
  const graph = await graphFrom((opts) => {
    holder.certificate = new SiteCertificate("site-certificate", { site, settings: site.tls! }, opts);
  });
  return { graph, certificate: holder.certificate! };
}

const known = <T>(output: pulumi.Output<T>) => new Promise<T>((done) => output.apply(done));
const inputsOf = async (site: SiteSettings, name: string) =>
  plain(find((await made(site)).graph, name).inputs) as Record<string, unknown>;

describe("a certificate by the site's own CA", () => {
  it("is made of two keys, a CA, a request and the CA's answer", async () => {
    const { graph } = await made(siteWith({}));
    expect(graph.map(({ name, type }) => [name, type])).toEqual([
      ["site-certificate", "lvs:index:SiteCertificate"],
      ["site-certificate-ca", "lvs:index:CertificateAuthority"],
      ["site-certificate-ca-key", privateKey],
      ["site-certificate-ca-certificate", selfSignedCert],
      ["site-certificate-key", privateKey],
      ["site-certificate-request", certRequest],
      ["site-certificate-signed", locallySignedCert],
    ]);
    for (const name of ["site-certificate-ca-key", "site-certificate-key"])
      expect(plain(find(graph, name).inputs)).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
  });

  it("is for every name and every VIP that speaks https, and for the loopback address", async () => {
    const site = siteWith(
      { names: ["www.example.org", "*.shop.example.org", "192.0.2.7"] },
      {
        network: { cidr6: "fd00:16::/64" },
        wordpress: { hostNames: ["blog.example.org", "www.example.org"] },
        services: [
          {},
          https,
          { name: "https6", vip: "fd00:16::28", port: 443 },
          { name: "plain", vip: "172.16.0.41" },
          { name: "both", vips: ["172.16.0.42", "172.16.0.43"], ports: [80, 443] },
        ],
      },
    );
    expect(await inputsOf(site, "site-certificate-request")).toEqual({
      privateKeyPem: "PRIVATE(site-certificate-key)",
      subject: { commonName: "lvs-wordpress dev" },
      dnsNames: ["www.example.org", "*.shop.example.org", "blog.example.org", "localhost"],
      ipAddresses: ["192.0.2.7", "172.16.0.40", "fd00:16::28", "172.16.0.42", "172.16.0.43", "127.0.0.1"],
    });
  });

  it("holds and is renewed as the stack file says", async () => {
    expect(await inputsOf(siteWith({}), "site-certificate-signed")).toEqual({
      certRequestPem: "REQUEST(site-certificate-request)",
      caPrivateKeyPem: "PRIVATE(site-certificate-ca-key)",
      caCertPem: "CERTIFICATE(site-certificate-ca-certificate)",
      validityPeriodHours: 2160,
      earlyRenewalHours: 720,
      allowedUses: ["digital_signature", "server_auth"],
    });
    const short = siteWith({ validityDays: 7, renewalDays: 2 });
    expect(await inputsOf(short, "site-certificate-signed")).toMatchObject({
      validityPeriodHours: 168,
      earlyRenewalHours: 48,
    });
  });

  it.each([90, 3650])("outlives no CA: one that has less than its %i days left is renewed", async (days) => {
    expect(await inputsOf(siteWith({ validityDays: days }), "site-certificate-ca-certificate")).toEqual({
      privateKeyPem: "PRIVATE(site-certificate-ca-key)",
      subject: { commonName: "CA of lvs-wordpress dev" },
      isCaCertificate: true,
      setSubjectKeyId: true,
      validityPeriodHours: 2 * 3650 * 24,
      earlyRenewalHours: days * 24,
      allowedUses: ["cert_signing", "crl_signing"],
    });
  });

  it("has a subject of its own, of 64 characters at most, also for a stack of a long name", async () => {
    const site = siteWith({}, {}, "s".repeat(100));
    const subjects = [
      (await inputsOf(site, "site-certificate-ca-certificate")).subject,
      (await inputsOf(site, "site-certificate-request")).subject,
    ] as { commonName: string }[];
    expect(subjects.map(({ commonName }) => commonName.length)).toEqual([64, 64]);
    expect(subjects[0]).not.toEqual(subjects[1]);
  });

  it("puts out certificate and key as a secret, and the CA to import", async () => {
    const { certificate } = await made(siteWith({}));
    expect(await pulumi.isSecret(certificate.files)).toBe(true);
    expect(await known(certificate.files)).toEqual({
      certificate: "CERTIFICATE(site-certificate-signed)",
      key: "PRIVATE(site-certificate-key)",
    });
    expect(await known(certificate.caCertificate!)).toBe("CERTIFICATE(site-certificate-ca-certificate)");
  });

  it("gives keys to the engine as secrets only", async () => {
    const { graph } = await made(siteWith({}));
    const holding = graph.filter(({ inputs }) => JSON.stringify(plain(inputs)).includes("PRIVATE("));
    expect(holding.map(({ name }) => name)).toEqual([
      "site-certificate-ca-certificate",
      "site-certificate-request",
      "site-certificate-signed",
    ]);
    for (const { inputs } of holding)
      for (const value of Object.values(inputs))
        if (JSON.stringify(plain(value)).includes("PRIVATE("))
          expect(pulumi.runtime.isRpcSecret(value)).toBe(true);
  });
});

describe("a certificate of one's own", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lvs-own-"));
    writeFileSync(join(folder, "site.crt"), "LEAF\nINTERMEDIATE\n");
    writeFileSync(join(folder, "site.key"), "KEY\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("goes to the real servers as it is, its key a secret, and needs no CA", async () => {
    const { graph, certificate } = await made(
      siteWith({ certificateFile: join(folder, "site.crt"), keyFile: join(folder, "site.key") }),
    );
    expect(graph.map(({ name }) => name)).toEqual(["site-certificate"]);
    expect(await pulumi.isSecret(certificate.files)).toBe(true);
    expect(await known(certificate.files)).toEqual({ certificate: "LEAF\nINTERMEDIATE\n", key: "KEY\n" });
    expect(certificate.caCertificate).toBeUndefined();
  });
});

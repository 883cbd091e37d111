import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { CertificateError, certificateProblems, checkCertificate } from "../../../preflight/certificate";
import { resolveSite } from "../../../settings/resolve";
import { type Ca, type Issued, issue, newCa, newKey } from "../engines/offline/issue";

const names = ["www.example.org", "*.shop.example.org"];
let ca: Ca;
let named: Issued;
let addressed: Issued;
beforeAll(async () => {
  ca = await newCa();
  named = await issue(ca, names, []);
  addressed = await issue(ca, [], ["172.16.0.40", "fd00:16::28"]);
});

const siteWith = (tls: object, more: object = {}) =>
  resolveSite("dev", {
    tls: { certificateFile: "site.crt", keyFile: "site.key", ...tls },
    services: [{ name: "https", port: 443 }],
    ...more,
  });

/** What is told of two files' contents, by default those of a certificate that fits its site. */
function told(
  given: { certificate?: string | Error; key?: string | Error; now?: Date } = {},
  site = siteWith({ names }),
): string[] {
  const { certificate = named.certificate, key = named.key, now = new Date() } = given;
  const files = [
    { path: "site.crt", content: certificate },
    { path: "site.key", content: key },
  ] as const;
  return certificateProblems(site, ...files, now).map(({ path, message }) => `${path}: ${message}`);
}

describe("certificateProblems", () => {
  it("has nothing to say about a certificate that fits, with its chain after it or without", () => {
    expect(told()).toEqual([]);
    expect(told({ certificate: `${named.certificate}${ca.certificate}` })).toEqual([]);
  });

  it("takes a key in every PEM form", () => {
    const key = createPrivateKey(named.key).export({ type: "pkcs8", format: "pem" }).toString();
    const curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(told({ key })).toEqual([]);
    expect(told({ key: `${curve}${named.key}` })).toEqual([]);
  });

  it("tells why a file cannot be read", () => {
    const missing = new Error("ENOENT: no such file or directory, open 'site.crt'");
    const denied = new Error("EACCES: permission denied, open 'site.key'");
    const fix = "write the path of a file that can, seen from the project's folder";
    expect(told({ certificate: missing, key: denied })).toEqual([
      `tls.certificateFile: site.crt cannot be read: no such file or directory; ${fix}`,
      `tls.keyFile: site.key cannot be read: permission denied; ${fix}`,
    ]);
  });

  it("tells how to make PEM of what is none", () => {
    const der = new X509Certificate(named.certificate).raw.toString("latin1");
    expect(told({ certificate: der, key: "no key" })).toEqual([
      'tls.certificateFile: site.crt holds no certificate in PEM form; write a file with a line "-----BEGIN CERTIFICATE-----", which "openssl x509 -inform DER -in FILE" makes of one in DER form',
      'tls.keyFile: site.key holds no private key in PEM form; write a file with a line "-----BEGIN PRIVATE KEY-----", which "openssl pkey -inform DER -in FILE" makes of one in DER form',
    ]);
  });

  it("tells of damage anywhere in the chain", () => {
    const cut = ca.certificate.replace(/\n.{64}\n/, "\n");
    expect(told({ certificate: `${named.certificate}${cut}` })).toEqual([
      "tls.certificateFile: site.crt contains a damaged certificate; get it again from its issuer",
    ]);
  });

  it("lets no private key go where every user reads it", () => {
    expect(told({ certificate: `${named.certificate}${named.key}` })).toEqual([
      "tls.certificateFile: site.crt contains a private key too, and every user of the real servers may read this file; keep the key in keyFile only",
    ]);
  });

  it("tells when a certificate ended, to the minute", () => {
    const end = new Date(new X509Certificate(named.certificate).validTo);
    const text = `${end.toISOString().slice(0, 10)} ${end.toISOString().slice(11, 16)}`;
    expect(told({ now: new Date(end.getTime() - 1000) })).toEqual([]);
    expect(told({ now: end })).toEqual([
      `tls.certificateFile: site.crt expired at ${text} UTC; renew it, or leave certificateFile and keyFile out for a certificate by the site's own CA`,
    ]);
  });

  it("tells from when on a certificate holds", () => {
    const start = new Date(new X509Certificate(named.certificate).validFrom);
    const text = `${start.toISOString().slice(0, 10)} ${start.toISOString().slice(11, 16)}`;
    expect(told({ now: start })).toEqual([]);
    expect(told({ now: new Date(start.getTime() - 1000) })).toEqual([
      `tls.certificateFile: site.crt is valid only from ${text} UTC; write one that is valid now, or correct this host's clock`,
    ]);
  });

  it("lists the names that are not covered, and leaves VIPs alone where there are names", () => {
    const site = siteWith(
      { names: [...names, "example.org", "a.shop.example.org"] },
      { wordpress: { hostNames: ["blog.example.org", "example.org"] } },
    );
    expect(told({}, site)).toEqual([
      "tls.certificateFile: site.crt does not cover example.org, blog.example.org; get one with these as subject alternative names, or take them out of tls.names and wordpress.hostNames",
    ]);
  });

  it("lists the VIPs that are not covered where there are no names", () => {
    const services = ["172.16.0.40", "172.16.0.41", "fd00:16::28", "fd00:16::29"].map((vip, index) => ({
      name: `https${index}`,
      vip,
      port: 443,
    }));
    const site = siteWith({}, { network: { cidr6: "fd00:16::/64" }, services });
    expect(told(addressed, site)).toEqual([
      "tls.certificateFile: site.crt does not cover 172.16.0.41, fd00:16::29; get one with these as subject alternative names, or write the names that it is for as tls.names",
    ]);
    expect(told(addressed, siteWith({}))).toEqual([]);
  });

  it("takes an address among the names for an address", () => {
    expect(told(addressed, siteWith({ names: ["172.16.0.40"] }))).toEqual([]);
    expect(told({}, siteWith({ names: ["172.16.0.40"] }))[0]).toMatch(/does not cover 172\.16\.0\.40;/);
  });

  it("tells that a key is another certificate's", async () => {
    const mismatch =
      "tls.keyFile: site.key is not the key of the first certificate in site.crt; write the key that it was requested with, and in site.crt the site's own certificate before its chain";
    expect(told({ key: await newKey() })).toEqual([mismatch]);
    expect(told({ certificate: `${ca.certificate}${named.certificate}` }).at(-1)).toBe(mismatch);
  });

  it("tells how to decrypt a key", () => {
    const key = createPrivateKey(named.key);
    const seal = { cipher: "aes-256-cbc", passphrase: "x", format: "pem" } as const;
    const encrypted = [
      key.export({ ...seal, type: "pkcs8" }).toString(),
      key.export({ ...seal, type: "sec1" }).toString(),
    ];
    for (const text of encrypted)
      expect(told({ key: text })).toEqual([
        'tls.keyFile: site.key is encrypted, and nobody can type its passphrase when nginx starts; write one without a passphrase, as "openssl pkey -in site.key" makes it',
      ]);
  });
});

describe("checkCertificate", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "lvs-check-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const own = () => ({
    certificateFile: join(folder, "site.crt"),
    keyFile: join(folder, "site.key"),
    names,
  });

  it("lets a site pass whose certificate fits, or that has none of its own", () => {
    writeFileSync(own().certificateFile, named.certificate);
    writeFileSync(own().keyFile, named.key);
    expect(() => checkCertificate(siteWith(own()))).not.toThrow();
    expect(() =>
      checkCertificate(siteWith({ certificateFile: undefined, keyFile: undefined })),
    ).not.toThrow();
    expect(() => checkCertificate(resolveSite("dev", {}))).not.toThrow();
  });

  it("throws every problem at once, as an error that Pulumi shows without a stack trace", () => {
    const { certificateFile, keyFile } = own();
    const check = () => checkCertificate(siteWith(own()));
    const fix = "write the path of a file that can, seen from the project's folder";
    expect(check).toThrow(
      new CertificateError("dev", [
        {
          path: "tls.certificateFile",
          message: `${certificateFile} cannot be read: no such file or directory; ${fix}`,
        },
        { path: "tls.keyFile", message: `${keyFile} cannot be read: no such file or directory; ${fix}` },
      ]),
    );
    expect(check).toThrow(RunError);
    expect(check).toThrow(
      /^The certificate given for the site dev cannot be used:\n {2}tls\.certificateFile: \//,
    );
  });

  it("tells that a folder is no file", () => {
    expect(() => checkCertificate(siteWith({ ...own(), keyFile: folder }))).toThrow(
      `tls.keyFile: ${folder} cannot be read: illegal operation on a directory; write`,
    );
  });
});

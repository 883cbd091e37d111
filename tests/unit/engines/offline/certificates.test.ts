import { X509Certificate, createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certRequest, locallySignedCert, selfSignedCert } from "../../../../engines/offline/certificates";
import { mustRun } from "../../../../engines/offline/process";
import { type Ca, context, issue, newCa, newKey } from "./issue";

let folder: string;
let ca: Ca;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lvs-certificates-"));
  ca = await newCa();
});
afterAll(() => rmSync(folder, { recursive: true }));

const hours = (text: string) => Date.parse(text) / 3_600_000;

test("a certificate verifies against its CA, for its names and addresses and no other", async () => {
  const { certificate } = await issue(
    ca,
    ["www.example.org", "*.shop.example.org"],
    ["172.16.0.40", "fd00:16::28"],
  );
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const [authority, leaf] = [file("ca", ca.certificate), file("leaf", certificate)];
  const verify = (...args: string[]) =>
    mustRun("openssl", [
      "verify",
      "-x509_strict",
      "-purpose",
      "sslserver",
      ...args,
      "-CAfile",
      authority,
      leaf,
    ]);
  for (const name of ["www.example.org", "a.shop.example.org"])
    expect(await verify("-verify_hostname", name)).toBe(`${leaf}: OK\n`);
  for (const address of ["172.16.0.40", "fd00:16::28"])
    expect(await verify("-verify_ip", address)).toBe(`${leaf}: OK\n`);
  await expect(verify("-verify_hostname", "example.org")).rejects.toThrow(/hostname mismatch/i);
  await expect(verify("-verify_ip", "172.16.0.41")).rejects.toThrow(/IP address mismatch/i);
  const { certificate: stranger } = await newCa();
  writeFileSync(authority, stranger);
  await expect(verify()).rejects.toThrow(/verification failed/);
});

test("a certificate has its key, its days, and the uses of a server", async () => {
  const { certificate, key, outputs } = await issue(ca, ["localhost"], ["127.0.0.1"]);
  const parsed = new X509Certificate(certificate);
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(parsed.ca).toBe(false);
  expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(parsed.subject).toBe("CN=a site");
  expect(parsed.issuer).toBe("CN=a CA");
  expect(parsed.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  // openssl reads its clock once for each end: a second may lie between.
  const seconds = Math.round((hours(parsed.validTo) - hours(parsed.validFrom)) * 3600);
  expect([2160 * 3600, 2160 * 3600 + 1]).toContain(seconds);
  expect(Math.abs(hours(parsed.validFrom) - Date.now() / 3_600_000)).toBeLessThan(0.01);
  expect(outputs).toEqual({
    certPem: certificate,
    validityStartTime: new Date(parsed.validFrom).toISOString(),
    validityEndTime: new Date(parsed.validTo).toISOString(),
  });
});

test("a CA may sign certificates and lists of revoked ones, and nothing else", async () => {
  writeFileSync(join(folder, "authority"), ca.certificate);
  const text = await mustRun("openssl", ["x509", "-in", join(folder, "authority"), "-noout", "-text"]);
  expect(new X509Certificate(ca.certificate).ca).toBe(true);
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  expect(text).toContain("Subject Key Identifier");
  expect(text).not.toContain("Extended Key Usage");
});

test("keys pass through files that are the owner's alone, and are gone afterwards", async () => {
  const told = join(folder, "told");
  const look = `for word; do case $word in /*) stat -c '%a %n' "\${word%/*}" "$word" ;; *) echo "$word" ;; esac; done`;
  const script = `#!/bin/sh\nPATH=$REAL_PATH\n{ ${look}; } >>${told}\nexec openssl "$@"\n`;
  writeFileSync(join(folder, "openssl"), script, { mode: 0o700 });
  const { PATH } = process.env;
  process.env.REAL_PATH = PATH;
  process.env.PATH = `${folder}:${PATH}`;
  try {
    await issue(ca, ["localhost"], []);
  } finally {
    process.env.PATH = PATH;
    delete process.env.REAL_PATH;
  }
  const seen = readFileSync(told, "utf8").matchAll(/^(\d+) (\/.*)$/gm);
  const modes = Object.fromEntries([...seen].map(([, mode, path]) => [path!, mode]));
  const files = Object.keys(modes).filter((path) => modes[path] === "600");
  const names = files.map((path) => path.split("/").at(-1));
  expect(names).toEqual(["conf", "key", "request", "ca", "key", "conf"]);
  expect(Object.values(modes).toSorted()).toEqual([...Array<string>(6).fill("600"), "700", "700"]);
  expect(Object.keys(modes).filter((path) => existsSync(path))).toEqual([]);
  expect(readFileSync(told, "utf8")).not.toMatch(/PRIVATE|\n[A-Za-z0-9+/=]{64}\n/);
});

describe.each([
  ["a CA", selfSignedCert],
  ["a certificate", locallySignedCert],
])("%s", (_what, provider) => {
  const stale = (hoursLeft: number, earlyRenewalHours?: number) => {
    const validityEndTime = new Date(Date.now() + hoursLeft * 3_600_000).toISOString();
    return provider.stale!({ id: "1", outputs: { validityEndTime } }, { earlyRenewalHours });
  };

  it("is renewed from so many hours before its end on, and not before", () => {
    expect(stale(25, 24)).toBe(false);
    expect(stale(24.01, 24)).toBe(false);
    expect(stale(23.99, 24)).toBe(true);
    expect(stale(-5, 24)).toBe(true);
  });

  it("holds to its end where no hours are given", () => {
    expect(stale(0.01)).toBe(false);
    expect(stale(-0.01)).toBe(true);
  });

  it("stays when only its renewal was set to another time", () => {
    const before = { validityPeriodHours: 48, earlyRenewalHours: 24 };
    expect(provider.same!(before, { validityPeriodHours: 48, earlyRenewalHours: 1 })).toBe(true);
    expect(provider.same!(before, { validityPeriodHours: 72, earlyRenewalHours: 24 })).toBe(false);
  });
});

test("what the offline engine cannot put into a certificate is refused", async () => {
  const privateKeyPem = await newKey();
  const fit = {
    privateKeyPem,
    subject: { commonName: "x" },
    isCaCertificate: true,
    validityPeriodHours: 24,
    allowedUses: ["cert_signing"],
  };
  const refusal = (more: object) => expect(selfSignedCert.create({ ...fit, ...more }, context)).rejects;
  await refusal({ validityPeriodHours: 36 }).toThrow(
    "the offline engine makes certificates of whole days, not of 36 hours",
  );
  await refusal({ allowedUses: ["cert_signing", "timestamping"] }).toThrow(
    "the offline engine makes no certificate for timestamping",
  );
  const subject = { commonName: "x", country: "AT" };
  await refusal({ subject }).toThrow("the offline engine gives certificates a commonName only, not country");
  await expect(
    certRequest.create({ privateKeyPem, subject, dnsNames: ["x"], ipAddresses: [] }, context),
  ).rejects.toThrow("the offline engine gives certificates a commonName only, not country");
});

import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apply, counts } from "./run";

jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "lvs-renewal-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** One `up` of a site's certificate, with what came of it. */
function up(validityDays: number, renewalDays: number, hoursLater = 0) {
  const result = apply({ folder, certificate: { validityDays, renewalDays }, hoursLater });
  expect(result.error).toBeUndefined();
  const { ca, files, laidDown } = result.outputs as {
    ca: string;
    files: { certificate: string; key: string };
    laidDown: string;
  };
  return { ...result, ca, files, laidDown };
}

const renewed = [
  "started update tls:index/locallySignedCert:LocallySignedCert::tls-signed",
  "finished update tls:index/locallySignedCert:LocallySignedCert::tls-signed",
  "started update command:local:Command::lay-down",
  "finished update command:local:Command::lay-down",
];

test("a certificate comes with its CA and its key, and stays", () => {
  const first = up(90, 30);
  expect(first.counts).toEqual(counts({ created: 6 }));
  const [leaf, ca] = [new X509Certificate(first.files.certificate), new X509Certificate(first.ca)];
  expect(ca.verify(ca.publicKey)).toBe(true);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(first.files.key))).toBe(true);
  expect(leaf.subjectAltName).toBe("DNS:localhost, IP Address:172.16.0.40, IP Address:127.0.0.1");
  expect(first.laidDown).toBe(first.files.certificate.trim());

  const second = up(90, 30);
  expect(second.counts).toEqual(counts({ unchanged: 6 }));
  expect(second.outputs).toEqual(first.outputs);
});

test("outside its renewal days nothing is renewed, also when these are set to others", () => {
  const first = up(90, 30);
  for (const later of [up(90, 30, 59 * 24), up(90, 10, 10 * 24)]) {
    expect(later.counts).toEqual(counts({ unchanged: 6 }));
    expect(later.events).toEqual([]);
    expect(later.files).toEqual(first.files);
  }
});

test("an up within its renewal days makes it anew by the same CA for the same key, and lays it down", () => {
  const first = up(90, 30);
  const second = up(90, 30, 61 * 24);
  expect(second.counts).toEqual(counts({ updated: 2, unchanged: 4 }));
  expect(second.events).toEqual(renewed);
  expect(second.ca).toBe(first.ca);
  expect(second.files.key).toBe(first.files.key);
  expect(second.files.certificate).not.toBe(first.files.certificate);
  expect(new X509Certificate(second.files.certificate).checkIssued(new X509Certificate(first.ca))).toBe(true);
  expect(second.laidDown).toBe(second.files.certificate.trim());
  expect(up(90, 30).counts).toEqual(counts({ unchanged: 6 }));
});

test("a CA that would end before what it signs is made anew, and what it signed with it", () => {
  const first = up(90, 30);
  const second = up(90, 30, (7300 - 89) * 24);
  expect(second.counts).toEqual(counts({ updated: 3, unchanged: 3 }));
  expect(second.ca).not.toBe(first.ca);
  expect(new X509Certificate(second.files.certificate).checkIssued(new X509Certificate(second.ca))).toBe(
    true,
  );
});

test("a certificate of other days is another one, by the same CA", () => {
  const first = up(90, 30);
  const second = up(60, 30);
  expect(second.counts).toEqual(counts({ updated: 2, unchanged: 4 }));
  expect(second.events).toEqual(renewed);
  expect(second.ca).toBe(first.ca);
});

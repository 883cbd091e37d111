/** Certificates for tests, by what the offline engine makes them with. */
import { certRequest, locallySignedCert, selfSignedCert } from "../../../../engines/offline/certificates";
import { privateKey } from "../../../../engines/offline/keys";
import type { Context } from "../../../../engines/offline/provider";

export const context: Context = { name: "thing", uri: "test:///default", say: () => undefined };

export async function newKey(): Promise<string> {
  const { outputs } = await privateKey.create({ algorithm: "ECDSA", ecdsaCurve: "P256" }, context);
  return String(outputs.privateKeyPem);
}

export interface Ca {
  readonly key: string;
  readonly certificate: string;
}

export async function newCa(): Promise<Ca> {
  const key = await newKey();
  const { outputs } = await selfSignedCert.create(
    {
      privateKeyPem: key,
      subject: { commonName: "a CA" },
      isCaCertificate: true,
      setSubjectKeyId: true,
      validityPeriodHours: 240,
      allowedUses: ["cert_signing", "crl_signing"],
    },
    context,
  );
  return { key, certificate: String(outputs.certPem) };
}

export interface Issued {
  readonly key: string;
  readonly certificate: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A certificate of 90 days by `ca`. */
export async function issue(
  ca: Ca,
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
): Promise<Issued> {
  const key = await newKey();
  const subject = { commonName: "a site" };
  const request = await certRequest.create({ privateKeyPem: key, subject, dnsNames, ipAddresses }, context);
  const { outputs } = await locallySignedCert.create(
    {
      certRequestPem: request.outputs.certRequestPem,
      caPrivateKeyPem: ca.key,
      caCertPem: ca.certificate,
      validityPeriodHours: 2160,
      allowedUses: ["digital_signature", "server_auth"],
    },
    context,
  );
  return { key, certificate: String(outputs.certPem), outputs };
}

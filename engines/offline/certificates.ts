/** `@pulumi/tls` certificates for the offline engine. openssl makes them from files in a folder that only the owner can read. */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Values } from "./journal";
import { mustRun } from "./process";
import type { Made, Provider } from "./provider";

/** Names of key usages: the provider's, and openssl's. */
const keyUsages: Readonly<Record<string, string>> = {
  cert_signing: "keyCertSign",
  crl_signing: "cRLSign",
  digital_signature: "digitalSignature",
};
const extendedUsages: Readonly<Record<string, string>> = { server_auth: "serverAuth" };

/**
 * Resolves with openssl's standard output. `files` maps names to contents; a name in `args` stands for the path of
 * that file.
 * @throws when openssl fails
 */
async function openssl(files: Record<string, unknown>, ...args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lvs-tls-"));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), String(content), { mode: 0o600 });
    return await mustRun(
      "openssl",
      args.map((word) => (word in files ? join(folder, word) : word)),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function requestConf({ subject }: Values, extensions: readonly string[]): string {
  const { commonName, ...others } = subject as Record<string, string>;
  if (Object.keys(others).length > 0)
    throw new Error(
      `the offline engine gives certificates a commonName only, not ${Object.keys(others).join(", ")}`,
    );
  return [
    "[req]\nprompt = no\ndistinguished_name = subject\nreq_extensions = extensions\nx509_extensions = extensions",
    `[subject]\nCN = ${commonName}`,
    `[extensions]\n${extensions.join("\n")}\n`,
  ].join("\n");
}

function usages({ allowedUses }: Values): string[] {
  const uses = allowedUses as string[];
  const unknown = uses.filter((use) => !(use in keyUsages) && !(use in extendedUsages));
  if (unknown.length > 0)
    throw new Error(`the offline engine makes no certificate for ${unknown.join(", ")}`);
  const listed = (known: Readonly<Record<string, string>>) =>
    uses.flatMap((use) => known[use] ?? []).join(",");
  const lines = { keyUsage: listed(keyUsages), extendedKeyUsage: listed(extendedUsages) };
  return [
    ...(lines.keyUsage ? [`keyUsage = critical,${lines.keyUsage}`] : []),
    ...(lines.extendedKeyUsage ? [`extendedKeyUsage = ${lines.extendedKeyUsage}`] : []),
  ];
}

function days({ validityPeriodHours }: Values): string {
  const count = Number(validityPeriodHours) / 24;
  if (!Number.isInteger(count))
    throw new Error(
      `the offline engine makes certificates of whole days, not of ${String(validityPeriodHours)} hours`,
    );
  return String(count);
}

function made(certPem: string): Made {
  const { serialNumber, validFrom, validTo } = new X509Certificate(certPem);
  const [validityStartTime, validityEndTime] = [validFrom, validTo].map((time) =>
    new Date(time).toISOString(),
  );
  return { id: serialNumber, outputs: { certPem, validityStartTime, validityEndTime } };
}

const text = (inputs: Values): string => JSON.stringify({ ...inputs, earlyRenewalHours: undefined });

/**
 * As the tls provider does: a certificate is made anew once its renewal period has begun. A change of the renewal
 * period alone changes nothing.
 */
const renewed = {
  stale: ({ outputs }: Made, { earlyRenewalHours = 0 }: Values): boolean =>
    Date.now() >= Date.parse(String(outputs.validityEndTime)) - Number(earlyRenewalHours) * 3_600_000,
  same: (before: Values, now: Values): boolean => text(before) === text(now),
};

export const certRequest: Provider = {
  async create(inputs, { name }) {
    const names = (inputs.dnsNames as string[]).map((dns) => `DNS:${dns}`);
    const addresses = (inputs.ipAddresses as string[]).map((ip) => `IP:${ip}`);
    const conf = requestConf(inputs, [`subjectAltName = ${[...names, ...addresses].join(",")}`]);
    const files = { key: inputs.privateKeyPem, conf };
    const certRequestPem = await openssl(files, "req", "-new", "-config", "conf", "-key", "key");
    return { id: name, outputs: { certRequestPem } };
  },
};

export const selfSignedCert: Provider = {
  ...renewed,
  async create(inputs) {
    const conf = requestConf(inputs, [
      `basicConstraints = critical,CA:${inputs.isCaCertificate ? "TRUE" : "FALSE"}`,
      ...usages(inputs),
      ...(inputs.setSubjectKeyId ? ["subjectKeyIdentifier = hash"] : []),
    ]);
    const files = { key: inputs.privateKeyPem, conf };
    const args = ["req", "-x509", "-new", "-config", "conf", "-key", "key", "-days", days(inputs)];
    return made(await openssl(files, ...args));
  },
};

export const locallySignedCert: Provider = {
  ...renewed,
  async create(inputs) {
    const files = {
      request: inputs.certRequestPem,
      ca: inputs.caCertPem,
      key: inputs.caPrivateKeyPem,
      conf: [
        "basicConstraints = critical,CA:FALSE",
        ...usages(inputs),
        "authorityKeyIdentifier = keyid",
        "",
      ].join("\n"),
    };
    const signing = ["-CA", "ca", "-CAkey", "key", "-days", days(inputs)];
    const extensions = ["-copy_extensions", "copy", "-extfile", "conf"];
    return made(await openssl(files, "x509", "-req", "-in", "request", ...signing, ...extensions));
  },
};

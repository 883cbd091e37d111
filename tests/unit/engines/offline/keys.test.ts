import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKey } from "../../../../engines/offline/keys";
import { mustRun } from "../../../../engines/offline/process";
import { context } from "./issue";

const make = async (algorithm: string, ecdsaCurve?: string) => {
  const { outputs } = await privateKey.create({ algorithm, ecdsaCurve }, context);
  return outputs as Record<string, string>;
};

/** What ssh-keygen says the public key of `key` is. */
async function sshPublicKeyOf(key: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lvs-test-key-"));
  try {
    writeFileSync(join(folder, "key"), key, { mode: 0o600 });
    return await mustRun("ssh-keygen", ["-y", "-P", "", "-f", join(folder, "key")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kinds = [
  { algorithm: "ED25519", curve: undefined, type: "ssh-ed25519", label: "PRIVATE KEY" },
  { algorithm: "ECDSA", curve: "P256", type: "ecdsa-sha2-nistp256", label: "EC PRIVATE KEY" },
  { algorithm: "ECDSA", curve: "P384", type: "ecdsa-sha2-nistp384", label: "EC PRIVATE KEY" },
  { algorithm: "ECDSA", curve: "P521", type: "ecdsa-sha2-nistp521", label: "EC PRIVATE KEY" },
];

describe.each(kinds)("a key of $algorithm $curve", ({ algorithm, curve, type, label }) => {
  it("has every form that the tls provider gives", async () => {
    const outputs = await make(algorithm, curve);
    expect(Object.keys(outputs).sort()).toEqual([
      "privateKeyOpenssh",
      "privateKeyPem",
      "privateKeyPemPkcs8",
      "publicKeyOpenssh",
      "publicKeyPem",
    ]);
    expect(outputs.privateKeyPem).toMatch(new RegExp(`^-----BEGIN ${label}-----\n`));
    expect(outputs.privateKeyPemPkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(outputs.publicKeyPem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(outputs.publicKeyOpenssh).toMatch(new RegExp(`^${type} [A-Za-z0-9+/=]+\n$`));
  });

  it("is the same key in all of them", async () => {
    const outputs = await make(algorithm, curve);
    for (const form of [outputs.privateKeyPem!, outputs.privateKeyPemPkcs8!])
      expect(createPublicKey(createPrivateKey(form)).export({ type: "spki", format: "pem" })).toBe(
        outputs.publicKeyPem,
      );
    expect(await sshPublicKeyOf(outputs.privateKeyOpenssh!)).toBe(outputs.publicKeyOpenssh);
  });

  it("is another one each time", async () => {
    const [one, two] = [await make(algorithm, curve), await make(algorithm, curve)];
    expect(one.publicKeyPem).not.toBe(two.publicKeyPem);
  });
});

test("ssh takes keys whose number begins with zeros, or with a bit that could be a sign", async () => {
  const lengths = new Set<number>();
  for (let count = 0; count < 10_000 && lengths.size < 3; count += 1) {
    const { privateKeyOpenssh, privateKeyPem, publicKeyOpenssh } = await make("ECDSA", "P256");
    const d = Buffer.from(createPrivateKey(privateKeyPem!).export({ format: "jwk" }).d!, "base64url");
    const length = d[0] === 0 ? 31 : d[0]! & 0x80 ? 33 : 32;
    if (lengths.has(length)) continue;
    lengths.add(length);
    expect(await sshPublicKeyOf(privateKeyOpenssh!)).toBe(publicKeyOpenssh);
  }
  expect([...lengths].sort()).toEqual([31, 32, 33]);
});

test.each([
  ["RSA", undefined, "RSA"],
  ["ECDSA", "P224", "ECDSA P224"],
  ["ECDSA", undefined, "ECDSA"],
])("a key of %s %s is refused", (algorithm, ecdsaCurve, told) => {
  expect(() => privateKey.create({ algorithm, ecdsaCurve }, context)).toThrow(
    `the offline engine makes ED25519 keys, and ECDSA keys on P256, P384, P521, not ${told}`,
  );
});

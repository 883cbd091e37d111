/** `@pulumi/tls` PrivateKey for the offline engine. Node's crypto makes the keys, so no key is ever in a file or in argv. */
import { type KeyObject, generateKeyPairSync, randomBytes } from "node:crypto";
import type { Provider } from "./provider";

/** The curves that ssh supports too, with the names that ssh and OpenSSL use. */
const curves: Readonly<Record<string, { readonly ssh: string; readonly openssl: string }>> = {
  P256: { ssh: "nistp256", openssl: "prime256v1" },
  P384: { ssh: "nistp384", openssl: "secp384r1" },
  P521: { ssh: "nistp521", openssl: "secp521r1" },
};

/** The fields of a key that depend on its type, in the order of the OpenSSH format (PROTOCOL.key). */
interface SshParts {
  readonly type: string;
  readonly open: readonly Buffer[];
  readonly secret: readonly Buffer[];
}

export const privateKey: Provider = {
  create(inputs, { name }) {
    const { privateKey: key, publicKey, parts } = make(String(inputs.algorithm), inputs.ecdsaCurve);
    const pkcs8 = pem(key, "pkcs8");
    const outputs = {
      privateKeyPem: key.asymmetricKeyType === "ec" ? pem(key, "sec1") : pkcs8,
      privateKeyPemPkcs8: pkcs8,
      privateKeyOpenssh: sshPrivateKey(parts),
      publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
      publicKeyOpenssh: `${parts.type} ${sshPublicKey(parts).toString("base64")}\n`,
    };
    return Promise.resolve({ id: name, outputs });
  },
};

const pem = (key: KeyObject, type: "pkcs8" | "sec1"): string =>
  key.export({ type, format: "pem" }).toString();

function make(
  algorithm: string,
  curveName: unknown,
): { privateKey: KeyObject; publicKey: KeyObject; parts: SshParts } {
  const curve = curves[String(curveName)];
  if (algorithm !== "ED25519" && (algorithm !== "ECDSA" || !curve))
    throw new Error(
      `the offline engine makes ED25519 keys, and ECDSA keys on ${Object.keys(curves).join(", ")}, not ${[algorithm, curveName].filter(Boolean).join(" ")}`,
    );
  const pair = curve
    ? generateKeyPairSync("ec", { namedCurve: curve.openssl })
    : generateKeyPairSync("ed25519");
  const jwk = pair.privateKey.export({ format: "jwk" });
  const [x, y, d] = [jwk.x, jwk.y, jwk.d].map((part) => Buffer.from(part ?? "", "base64url")) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  if (!curve)
    return { ...pair, parts: { type: "ssh-ed25519", open: [x], secret: [x, Buffer.concat([d, x])] } };
  const open = [Buffer.from(curve.ssh), Buffer.concat([Buffer.of(4), x, y])];
  return { ...pair, parts: { type: `ecdsa-sha2-${curve.ssh}`, open, secret: [...open, positive(d)] } };
}

/** An unsigned integer as mpint (RFC 4251): without leading zeros, except one if the first bit would be read as a sign. */
function positive(bytes: Buffer): Buffer {
  const digits = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const sized = (data: string | Buffer): Buffer => {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  return Buffer.concat([uint32(bytes.length), bytes]);
};

const sshPublicKey = ({ type, open }: SshParts): Buffer => Buffer.concat([type, ...open].map(sized));

function sshPrivateKey(parts: SshParts): string {
  const check = randomBytes(4);
  const comment = "";
  const body = Buffer.concat([check, check, ...[parts.type, ...parts.secret, comment].map(sized)]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const cipher = sized("none");
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[cipher, cipher, sized(""), uint32(1)],
    sized(sshPublicKey(parts)),
    sized(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}

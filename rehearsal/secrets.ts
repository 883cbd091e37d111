/** `@pulumi/random` and `@pulumi/tls` without the engine. */
import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "./process";
import type { Provider } from "./provider";

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const randomPassword: Provider = {
  create(inputs) {
    if (inputs.special !== false)
      throw new Error("a rehearsal makes passwords of letters and digits only: set special to false");
    const letters = Array.from(
      { length: Number(inputs.length) },
      () => alphanumeric[randomInt(alphanumeric.length)],
    );
    return Promise.resolve({ id: "none", outputs: { result: letters.join("") } });
  },
};

export const privateKey: Provider = {
  async create(inputs, { name }) {
    if (inputs.algorithm !== "ED25519")
      throw new Error(`a rehearsal makes ED25519 keys only, not ${String(inputs.algorithm)}`);
    const folder = mkdtempSync(join(tmpdir(), "lvs-key-"));
    try {
      await mustRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, "key")]);
      const read = (file: string) => readFileSync(join(folder, file), "utf8");
      const publicKey = `${read("key.pub").trim()}\n`;
      return { id: name, outputs: { privateKeyOpenssh: read("key"), publicKeyOpenssh: publicKey } };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

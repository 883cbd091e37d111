/** The environment of both engines, and the passphrase of their state. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolder } from "../project/paths";
import { present } from "../settings/lists";

/**
 * The environment of both engines. Defaults, where the present environment sets nothing else: the state is in a
 * folder below the project, and its passphrase is generated. So no account is needed.
 */
export function engineEnvironment(): NodeJS.ProcessEnv {
  // A script that waits for another machine's script occupies a worker of the engine. So there must be more workers than
  // machines.
  const env: NodeJS.ProcessEnv = {
    PULUMI_PARALLEL: "64",
    ...process.env,
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  if (!env.PULUMI_BACKEND_URL) {
    mkdirSync(join(stateFolder, "state"), { recursive: true });
    env.PULUMI_BACKEND_URL = `file://${join(stateFolder, "state")}`;
  }
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined)
    env.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile();
  return env;
}

function passphraseFile(): string {
  const file = join(stateFolder, "passphrase");
  if (!existsSync(file)) {
    mkdirSync(stateFolder, { recursive: true });
    writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  }
  return file;
}

/** The passphrase that encrypts the state of both engines. */
export function passphrase(): string {
  const env = engineEnvironment();
  return (
    env.PULUMI_CONFIG_PASSPHRASE ??
    readFileSync(present(env.PULUMI_CONFIG_PASSPHRASE_FILE, "passphrase"), "utf8").trim()
  );
}

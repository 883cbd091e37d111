/**
 * The journal of the resources that the offline engine has made: one encrypted file for each stack, rewritten
 * after every change, so that the next run can continue.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stateFolder } from "../../project/paths";

export type Values = Record<string, unknown>;

/** One resource that exists. */
export interface Entry {
  /** `type::name`. */
  readonly key: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
  readonly id: string;
  readonly outputs: Values;
  /** Its creation was begun, and parts of it may exist. */
  readonly unfinished?: boolean;
}

/** The address of the machine on which a remote command runs. Undefined for other resources. */
export const hostOf = ({ inputs }: Entry): string | undefined =>
  (inputs.connection as { host?: string } | undefined)?.host;

/** Whether it is a command that runs before another resource goes. */
export const isBeforeOthers = ({ inputs }: Entry): boolean => inputs.delete !== undefined;

interface Content {
  entries: Entry[];
  outputs: Values;
}

/** Path of the journal of `stack`, below the state folder. The file exists while the stack is up. */
export const journalFile = (stack: string): string => join(stateFolder, "rehearsal", `${stack}.journal`);

export class Journal {
  private content: Content = { entries: [], outputs: {} };
  private readonly key: Buffer;
  private readonly salt: Buffer;

  /** @throws when `file` was written with another passphrase */
  constructor(
    private readonly file: string,
    passphrase: string,
  ) {
    const sealed = existsSync(file) ? readFileSync(file) : undefined;
    this.salt = sealed ? sealed.subarray(0, 16) : randomBytes(16);
    this.key = scryptSync(passphrase, this.salt, 32);
    if (sealed) this.content = this.open(sealed);
  }

  get entries(): readonly Entry[] {
    return this.content.entries;
  }

  get outputs(): Values {
    return this.content.outputs;
  }

  find(key: string): Entry | undefined {
    return this.content.entries.find((entry) => entry.key === key);
  }

  /** Adds `entry`, or replaces the entry with the same key. */
  put(entry: Entry): void {
    const index = this.content.entries.findIndex(({ key }) => key === entry.key);
    if (index < 0) this.content.entries.push(entry);
    else this.content.entries[index] = entry;
    this.save();
  }

  remove(entry: Entry): void {
    this.content.entries = this.content.entries.filter(({ key }) => key !== entry.key);
    this.save();
  }

  setOutputs(outputs: Values): void {
    this.content.outputs = outputs;
    this.save();
  }

  /** Deletes the file. */
  erase(): void {
    rmSync(this.file, { force: true });
  }

  private open(sealed: Buffer): Content {
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.key, sealed.subarray(16, 28), {
        authTagLength: 16,
      });
      decipher.setAuthTag(sealed.subarray(28, 44));
      const text = Buffer.concat([decipher.update(sealed.subarray(44)), decipher.final()]).toString();
      return JSON.parse(text) as Content;
    } catch {
      throw new Error(
        `${this.file} cannot be opened with this passphrase: set PULUMI_CONFIG_PASSPHRASE to the one it was made with`,
      );
    }
  }

  private save(): void {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const body = Buffer.concat([cipher.update(JSON.stringify(this.content)), cipher.final()]);
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, Buffer.concat([this.salt, nonce, cipher.getAuthTag(), body]), {
      mode: 0o600,
    });
    renameSync(`${this.file}.new`, this.file);
  }
}

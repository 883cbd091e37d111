/** Asks the daemons themselves about the files that they will read. They are programs of this host, never started to stay. */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

/** The Debian package of each program that is asked. */
const packages = {
  "apt-get": "apt",
  bash: "bash",
  curl: "curl",
  exportfs: "nfs-kernel-server",
  findmnt: "util-linux",
  ip: "iproute2",
  keepalived: "keepalived",
  ldirectord: "ldirectord",
  lsyncd: "lsyncd",
  mariadbd: "mariadb-server-core",
  nfsconf: "nfs-common",
  nft: "nftables",
  nginx: "nginx-light",
  openssl: "openssl",
  perl: "perl",
  "php-fpm": "php-fpm",
  php: "php-cli",
  rsync: "rsync",
  socat: "socat",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  sshd: "openssh-server",
  sysctl: "procps",
  "systemd-analyze": "systemd",
  "systemd-fstab-generator": "systemd",
  "systemd-networkd": "systemd",
  "systemd-tmpfiles": "systemd",
  "virt-xml-validate": "libvirt-clients",
  vsftpd: "vsftpd",
  xmllint: "libxml2-utils",
} as const;
export type Program = keyof typeof packages;

const env = {
  ...process.env,
  LC_ALL: "C",
  PATH: [
    process.env.PATH,
    "/usr/sbin",
    "/sbin",
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/lib/systemd/system-generators",
    "/lib/systemd/system-generators",
  ].join(delimiter),
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shell commands that prepare namespaces in which the program then runs as root, and with which all ends that they start. */
  readonly inside?: string;
}

/** Where a program is; php-fpm has PHP's version in its name. @throws when it is not installed, with the package to install */
export function pathOf(program: Program): string {
  const look = 'type -P -- "$1" || compgen -G "/usr/sbin/$1[0-9]*"';
  const [found] = spawnSync("bash", ["-c", look, "-", program], { env, encoding: "utf8" }).stdout.split("\n");
  if (!found) throw new Error(`${program} is missing: install the package ${packages[program]}`);
  return found;
}

/** A program with its arguments, and how it is run. @throws when it is not installed, with the package to install */
function toRun(program: Program, args: readonly string[], options: Options) {
  const found = pathOf(program);
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const inside = [
    ...asRoot,
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "bash",
    "-ec",
    `${options.inside}\nexec "$@"`,
    "-",
  ];
  const [command, ...words] = options.inside === undefined ? [found] : ["unshare", ...inside, found];
  return {
    command,
    words: [...words, ...args],
    how: { env: { ...env, ...options.env }, encoding: "utf8" as const, timeout: 60_000 },
  };
}

/** @throws when the program is not installed, with the package to install */
export function ask(program: Program, args: readonly string[], options: Options = {}): Ended {
  const { command, words, how } = toRun(program, args, options);
  const { status, stdout, stderr, error } = spawnSync(command, words, { ...how, input: options.input ?? "" });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** As `ask`, for a program that must be content. @throws with what it said */
export function mustAsk(program: Program, args: readonly string[], options: Options = {}): string {
  const { code, stdout, stderr } = ask(program, args, options);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

/** As `mustAsk` without input, beside others. @throws with what it said */
export async function mustAskBeside(
  program: Program,
  args: readonly string[],
  options: Omit<Options, "input"> = {},
): Promise<void> {
  const { command, words, how } = toRun(program, args, options);
  await promisify(execFile)(command, words, how);
}

/** A folder for the files of one test file. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "lvs-templates-"));

  write(name: string, text: string, mode = 0o644): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  folder(name: string): string {
    mkdirSync(join(this.path, name), { recursive: true });
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

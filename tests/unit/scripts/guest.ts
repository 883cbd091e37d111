/** A folder that stands for a guest: stub commands that keep what they are told in files, and log each change. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const stubs: Readonly<Record<string, string>> = {
  /** The table is a file in the form of `ipvsadm -Sn`. */
  ipvsadm: `
table="$GUEST/table"
touch "$table"
case "$1" in
  -Sn) cat "$table"; exit ;;
  -Ln) echo "IP Virtual Server"; exit ;;
esac
echo "ipvsadm $*" >>"$GUEST/log"
service="-A $2 $3 "
has() { grep -q -- "^$1" "$table" || { echo "ipvsadm: no such entry: $1" >&2; exit 254; }; }
lacks() { ! grep -q -- "^$1" "$table" || { echo "ipvsadm: already there: $1" >&2; exit 254; }; }
case "$1" in
  -A) lacks "$service"; echo "$*" >>"$table" ;;
  -E) has "$service"; sed -i "s|^$service.*|-A \${*:2}|" "$table" ;;
  -D) has "$service"; sed -i -e "\\\\|^$service|d" -e "\\\\|^-a $2 $3 |d" "$table" ;;
  -a) has "$service"; lacks "$1 $2 $3 $4 $5 "; sed -i "\\\\|^$service|a $*" "$table" ;;
  -e) has "-a $2 $3 $4 $5 "; sed -i "s|^-a $2 $3 $4 $5 .*|-a \${*:2}|" "$table" ;;
  -d) has "-a $2 $3 $4 $5 "; sed -i "\\\\|^-a $2 $3 $4 $5 |d" "$table" ;;
  *) exit 1 ;;
esac`,
  /** VIPs and routes are lines of "address ADDRESS DEVICE" and "route ADDRESS DEVICE"; what it shows is worded as by ip. */
  ip: `
state="$GUEST/ip"
touch "$state"
words="$*"
words="\${words#-4 }"
words="\${words#-o }"
shown() { awk -v device="$1" -v to="\${2:-}" '$1 == "address" && $3 == device && (to == "" || to == $2) { print "2: " device "    inet " $2 " scope global " device }' "$state"; }
case "$words" in
  "address show dev "*" to "*) read -r _ _ _ device _ address <<<"$words"; shown "$device" "$address"; exit ;;
  "address show dev lo") echo "1: lo    inet 127.0.0.1/8 scope host lo"; shown lo; exit ;;
  "address show dev eth0") echo "2: eth0    inet 172.16.0.31/24 brd 172.16.0.255 scope global eth0"; shown eth0; exit ;;
  "route show table main "*) read -r _ _ _ _ address _ device <<<"$words"; grep -Fx "route $address $device" "$state" || true; exit ;;
esac
echo "ip $*" >>"$GUEST/log"
read -r kind verb address _ device <<<"$words"
there() { grep -qFx "$kind $address $device" "$state"; }
case "$verb" in
  add) ! there || exit 2; echo "$kind $address $device" >>"$state" ;;
  replace) there || echo "$kind $address $device" >>"$state" ;;
  del) there || exit 2; sed -i "\\\\|^$kind $address $device$|d" "$state" ;;
  *) exit 1 ;;
esac`,
  arping: `echo "arping $*" >>"$GUEST/log"`,
  /** Values are files named as their keys; what was never set is 0. */
  sysctl: `
mkdir -p "$GUEST/sysctl"
case "$1" in
  -n) shift; for key in "$@"; do cat "$GUEST/sysctl/$key" 2>/dev/null || echo 0; done ;;
  -q) echo "sysctl $*" >>"$GUEST/log"; shift 2; for pair in "$@"; do echo "\${pair#*=}" >"$GUEST/sysctl/\${pair%%=*}"; done ;;
  *) exit 1 ;;
esac`,
  /** Every unit is stopped until it was started. */
  systemctl: `
[[ "$1" == -q ]] && shift
case "$1" in
  is-active) grep -qFx "$2" "$GUEST/active" 2>/dev/null; exit ;;
  start) echo "$2" >>"$GUEST/active" ;;
  enable) mkdir -p "$GUEST/root/etc/systemd/system/multi-user.target.wants"; ln -s "/lib/$2" "$GUEST/root/etc/systemd/system/multi-user.target.wants/$2" ;;
esac
echo "systemctl $*" >>"$GUEST/log"`,
};

export class FakeGuest {
  readonly folder = mkdtempSync(join(tmpdir(), "lvs-guest-"));

  constructor() {
    for (const [name, body] of Object.entries(stubs)) {
      this.write(
        `bin/${name}`,
        `#!/usr/bin/env bash\nset -euo pipefail${body.startsWith("\n") ? "" : "\n"}${body}\n`,
      );
      chmodSync(this.path(`bin/${name}`), 0o755);
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  lines(name: string): string[] {
    return this.read(name).split("\n").filter(Boolean);
  }

  /** What the stubs were told to change since the last call. */
  changes(): string[] {
    const lines = this.lines("log");
    this.write("log", "");
    return lines;
  }

  run(command: string, args: readonly string[], input = "", cwd = process.cwd()): Ended {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      input,
      cwd,
      encoding: "utf8",
      timeout: 20_000,
      env: {
        ...process.env,
        PATH: `${this.path("bin")}${delimiter}${process.env.PATH}`,
        GUEST: this.folder,
        LVS_CONF: this.path("conf"),
      },
    });
    if (error) throw error;
    return { code: status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

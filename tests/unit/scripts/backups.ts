/** An NFS server with a small WordPress, whose database is a few files: what it would answer, and what it was told. */
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { type Ended, FakeGuest } from "./guest";

const mariadb = `
answer() {
  case "$1" in
    *"-- end"*) echo "-- end" ;;
    *"CONCAT('tables"*) grep '^tables' "$GUEST/numbers" ;;
    *"CONCAT('posts"*) grep '^posts' "$GUEST/numbers" ;;
    *"CONCAT('attachments"*) grep '^attachments' "$GUEST/numbers" ;;
    *"SELECT DISTINCT m.meta_value"*) cat "$GUEST/attachments" ;;
    *innodb_trx*) echo 1 ;;
    *"table_schema = 'wpdb_former'"*) if [[ -s "$GUEST/former" ]]; then cat "$GUEST/former"; else echo 0; fi ;;
    *VERSION*) echo 10.11 ;;
    *"SELECT option_value"*) cat "$GUEST/installed" ;;
    *"CONCAT('\\\`'"*) echo moves ;;
  esac
}
words="$*"
if [[ -e "$GUEST/refuses" && "$words" == *"$(<"$GUEST/refuses")"* ]]; then exit 1; fi
if [[ "$words" == *" -e "* ]]; then
  echo "\${words#*-BNr }" >>"$GUEST/sql"
  answer "\${words##* -e }"
else
  echo "reads \${words#*-BNr}" >>"$GUEST/sql"
  while IFS= read -r line; do answer "$line"; done
fi`;

export class BackedUpSite extends FakeGuest {
  readonly uploads = "data/wordpress/wp-content/uploads/2026/11";

  constructor(keep = 2) {
    super();
    for (const part of ["backup-common.sh", "backup-snapshot.sh", "backup-remote.sh"])
      this.write(`lib/${part}`, readFileSync(`scripts/guest/backup/${part}`, "utf8"));
    this.write(
      "conf/backup.conf",
      `STACK=dev\nSITE_URL=http://172.16.0.40\nDATABASE=172.16.0.35\nDIRECTORY=${this.path("data/backup")}\nKEEP=${keep}\nSCHEDULE=daily\nREMOTE=\n`,
    );
    this.write("data/backup/state", "since 2026-11-20T10:00:00Z\n");
    this.write("data/wordpress/wp-includes/version.php", "$wp_version = '6.1.9';\n$wp_db_version = 53496;\n");
    this.write(`${this.uploads}/cat.png`, "cat");
    this.write("attachments", "2026/11/cat.png\n");
    this.write("numbers", "tables 12\nposts 3\nattachments 1\n");
    this.write("installed", "2026-11-20 09:00:00\n");
    this.command("mariadb", mariadb);
    this.command("mariadb-dump", 'echo "-- dump"');
    // The schedule is daily.
    this.command("systemd-analyze", 'date -u -d "${2#*=} 1 day" "+  Next elapse: %a %F 00:00:00 UTC"');
  }

  /** Runs lvs-backup or lvs-restore. */
  tool(tool: "lvs-backup" | "lvs-restore", ...args: string[]): Ended {
    process.env.LVS_DATA = this.path("data");
    process.env.LVS_OWNER = `${process.getuid!()}:${process.getgid!()}`;
    return this.run("bash", [`scripts/guest/backup/${tool}`, ...args]);
  }

  /** Takes one; gives its path. */
  taken(): string {
    const { code, stderr } = this.tool("lvs-backup", "take");
    expect([code, stderr]).toEqual([0, expect.stringContaining("writes waited")]);
    return this.path(`data/backup/${this.kept().at(-1)!}`);
  }

  kept = (): string[] => this.tool("lvs-backup", "list").stdout.split("\n").filter(Boolean);

  copy(from: string, name: string): string {
    mkdirSync(this.path("copies"), { recursive: true });
    cpSync(from, this.path(`copies/${name}`));
    return this.path(`copies/${name}`);
  }
}

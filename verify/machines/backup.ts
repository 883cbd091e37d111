/** Claims about backups: they are made, they can be restored, and a damaged one is refused. */
import type { SiteSettings } from "../../settings/site";
import { backupState, keptBackups, takeBackup } from "../../running/backups";
import { type Claim, ensure } from "../claim";
import { present } from "../../settings/lists";

const made: Claim = {
  id: "backup",
  text: "the newest backup can be restored: it was just restored into a scratch database",
  async prove(running) {
    // A new backup replaces the oldest one. So only a site without a backup gets one.
    if ((await keptBackups(running)).length === 0) await takeBackup(running);
    else await running.execOk("nfs", "lvs-backup check", 240_000);
    const [found, timer] = await Promise.all([
      backupState(running),
      running.execOk("nfs", "systemctl is-active lvs-backup.timer"),
    ]);
    const { well, text } = present(found, "backup in the settings");
    ensure(well && timer === "active", `timer ${timer}; ${text}`);
    return text;
  },
};

/** Gives `lvs-restore` a copy of the newest backup with one byte changed in the middle. */
const damage = (directory: string) => `
newest="$(lvs-backup list | tail -n 1)"
copy=${directory}/damaged-$newest
trap 'rm -f "$copy"' EXIT
cp ${directory}/"$newest" "$copy"
middle=$(($(stat -c %s "$copy") / 2))
byte="$(dd if="$copy" bs=1 skip="$middle" count=1 status=none | od -An -tu1)"
printf "\\\\x$(printf %x $((byte ^ 255)))" | dd of="$copy" bs=1 seek="$middle" conv=notrunc status=none
before="$(stat -c %i /data/wordpress/wp-content)"
if lvs-restore prepare "$copy"; then echo "it was taken"; exit 1; fi
[[ "$(stat -c %i /data/wordpress/wp-content)" == "$before" && ! -e /data/.lvs-restore ]]
`;

const damaged = (directory: string): Claim => ({
  id: "backup-damaged",
  text: "a damaged backup is refused, and nothing of the site is touched",
  async prove(running) {
    const { name } = present(running.site.mysql, "database");
    const databases = () => running.execOk(name, "mariadb -BN -e 'SHOW DATABASES'");
    const before = await databases();
    const { code, stdout, stderr } = await running.exec("nfs", damage(directory), 90_000);
    ensure(code === 0 && stderr.includes("is damaged"), `exit ${code}: ${stdout}${stderr}`);
    const after = await databases();
    ensure(after === before, `databases were ${before}, and are ${after}`);
    return stderr.trim();
  },
});

export const backupClaims = ({ backup }: SiteSettings): Claim[] =>
  backup ? [made, damaged(backup.directory)] : [];

/** What a site with backups promises: they are made, they can be restored, and a damaged one is refused. */
import type { SiteSettings } from "../../settings/site";
import { backupState, keptBackups, takeBackup } from "../../running/backups";
import { type Check, expect } from "../claim";

const made: Check = {
  id: "backup",
  claim: "the newest backup can be restored, for it just was, into a scratch database",
  async prove(lab) {
    // Each one that is taken takes the oldest's place: only a site without any gets one.
    if ((await keptBackups(lab)).length === 0) await takeBackup(lab);
    else await lab.tell("nfs", "lvs-backup check", 240_000);
    const [state, timer] = await Promise.all([
      backupState(lab),
      lab.tell("nfs", "systemctl is-active lvs-backup.timer"),
    ]);
    expect(state!.well && timer === "active", `timer ${timer}; ${state!.text}`);
    return state!.text;
  },
};

/** One byte in the middle of the newest is another, in a copy that `lvs-restore` gets. */
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

const damaged = (directory: string): Check => ({
  id: "backup-damaged",
  claim: "a damaged backup is refused, and nothing of the site is touched",
  async prove(lab) {
    const databases = () => lab.tell(lab.site.mysql!.name, "mariadb -BN -e 'SHOW DATABASES'");
    const before = await databases();
    const { code, stdout, stderr } = await lab.ask("nfs", damage(directory), 90_000);
    expect(code === 0 && stderr.includes("is damaged"), `exit ${code}: ${stdout}${stderr}`);
    const after = await databases();
    expect(after === before, `databases were ${before}, and are ${after}`);
    return stderr.trim();
  },
});

export const backupChecks = ({ backup }: SiteSettings): Check[] =>
  backup ? [made, damaged(backup.directory)] : [];

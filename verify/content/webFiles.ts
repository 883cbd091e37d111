/** Claims about web files on real servers' own disks: PHP cannot change them, and pushes arrive. */
import type { MachineSettings, SiteSettings } from "../../settings/site";
import { hasLocalCode, localFiles, masterFiles, sourceOf } from "../../settings/webFiles";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { type NonEmpty, lastOf, mapNonEmpty } from "../../settings/lists";
import { beforeFirst } from "../../settings/text";

const immutable = (site: SiteSettings): Claim => ({
  id: "immutable-code",
  text: "on every real server PHP's user can change no file of the code, /wordpress is read-only even for root, and uploads can be written",
  async prove(running) {
    const tries = [
      "runuser -u www-data -- find /srv/wordpress /wordpress -path '*/uploads' -prune -o -writable -print | head -n 5",
      "touch /wordpress/lvs-verify 2>/dev/null && echo /wordpress",
      "runuser -u www-data -- test -w /wordpress/wp-content/uploads || echo 'no uploads'",
    ].join("\n");
    const seen = await Promise.all(
      site.realServers.map(async ({ name }) => ({
        name,
        open: await running.execOk(name, `${tries}\nexit 0`),
      })),
    );
    const text = seen.map(({ name, open }) => `${name}: ${open.replaceAll("\n", ", ")}`).join("; ");
    ensure(
      seen.every(({ open }) => open === ""),
      text,
    );
    return `${site.realServers.map(({ name }) => name).join(", ")}: nothing of the code, and uploads`;
  },
});

/** Changes files at the source and waits for them on each real server. */
class Pushed {
  readonly folder = `lvs-verify-${Date.now()}`;

  constructor(
    private readonly running: RunningSite,
    private readonly source: MachineSettings,
  ) {}

  /** Runs a shell script at the source, in the folder of this claim's files. */
  atSource(script: string): Promise<string> {
    const folder = `${masterFiles(this.running.site)}/${this.folder}`;
    return this.running.execOk(this.source.name, `set -e\nmkdir -p ${folder}\ncd ${folder}\n${script}`);
  }

  /** Waits until every file has its wanted content; undefined means that the file must not exist. Resolves with the time in seconds. */
  async arrives(
    names: readonly string[],
    wanted: Readonly<Record<string, string | undefined>>,
    withinSeconds: number,
  ): Promise<string> {
    const started = Date.now();
    const folder = `${localFiles(this.running.site)}/${this.folder}`;
    const files = Object.entries(wanted);
    const script = files
      .map(([file, text]) =>
        text === undefined
          ? `[ ! -e ${folder}/${file} ] || echo "${file} is still there"`
          : `[ "$(cat ${folder}/${file} 2>&1)" = "${text}" ] || echo "${file} is not \\"${text}\\""`,
      )
      .join("\n");
    await Promise.all(
      names.map((name) =>
        eventually(withinSeconds, async () => {
          const wrong = await this.running.execOk(name, `${script}\nexit 0`);
          ensure(wrong === "", `${name}: ${wrong.replaceAll("\n", ", ")} after ${withinSeconds} s`);
          return name;
        }),
      ),
    );
    return `${((Date.now() - started) / 1000).toFixed(1)} s`;
  }

  async remove(): Promise<void> {
    await this.running.execOk(this.source.name, `rm -rf ${masterFiles(this.running.site)}/${this.folder}`);
  }
}

/** Calls `use` with files at the source, and removes them afterwards. */
async function withFiles(
  running: RunningSite,
  source: MachineSettings,
  use: (pushed: Pushed, names: NonEmpty<string>) => Promise<string>,
): Promise<string> {
  const pushed = new Pushed(running, source);
  try {
    return await use(
      pushed,
      mapNonEmpty(running.site.realServers, ({ name }) => name),
    );
  } finally {
    await pushed.remove();
  }
}

/** Deadline in seconds. Half of it is lsyncd's delay, and ssh on an emulated CPU. */
const pushSeconds = 30;

const changes = (source: MachineSettings): Claim => ({
  id: "pushed-changes",
  text: `a file made, changed or deleted on ${source.name} is pushed to every real server within ${pushSeconds} s`,
  prove: (running) =>
    withFiles(running, source, async (pushed, names) => {
      await pushed.atSource("echo one >changed\necho gone >deleted");
      const made = await pushed.arrives(names, { changed: "one", deleted: "gone" }, pushSeconds);
      await pushed.atSource("echo other >changed");
      const changed = await pushed.arrives(names, { changed: "other" }, pushSeconds);
      await pushed.atSource("rm deleted");
      const deleted = await pushed.arrives(names, { changed: "other", deleted: undefined }, pushSeconds);
      return `on ${names.join(" and ")}: made after ${made}, changed after ${changed}, deleted after ${deleted}`;
    }),
});

const mainPid = "systemctl show -P MainPID lsyncd.service";

const restarts = (source: MachineSettings): Claim => ({
  id: "pushed-again",
  text: "a killed lsyncd restarts within 30 s and repairs what differs on a real server",
  prove: (running) =>
    withFiles(running, source, async (pushed, names) => {
      await pushed.atSource("echo one >lost\necho one >edited");
      await pushed.arrives(names, { lost: "one", edited: "one" }, pushSeconds);
      const last = lastOf(names);
      const folder = `${localFiles(running.site)}/${pushed.folder}`;
      await running.execOk(last, `rm ${folder}/lost\necho by hand >${folder}/edited\ntouch ${folder}/own`);
      const before = await running.execOk(source.name, `${mainPid}\nkill -9 "$(${mainPid})"`);
      const after = await eventually(30, async () => {
        const [pid = "", state] = (
          await running.execOk(source.name, `${mainPid}\nsystemctl is-active lsyncd.service || true`)
        ).split("\n");
        ensure(state === "active" && pid !== before && pid !== "0", `lsyncd is ${state}, process ${pid}`);
        return pid;
      });
      const right = await pushed.arrives([last], { lost: "one", edited: "one", own: undefined }, 60);
      return `process ${before}, then ${after}; a lost, an edited and an added file on ${last} put right after ${right}`;
    }),
});

/** Drops packets between source and real server, so that no connection is closed properly. */
const away = (source: MachineSettings): Claim => ({
  id: "pushed-later",
  text: "a real server that was unreachable for a while is up to date again within 60 s",
  prove: (running) =>
    withFiles(running, source, async (pushed, names) => {
      const [last, others] = [lastOf(names), names.slice(0, -1)];
      await pushed.atSource("echo one >changed\necho gone >deleted");
      await pushed.arrives(names, { changed: "one", deleted: "gone" }, pushSeconds);
      const sources = source.nics.flatMap(({ addresses }) => addresses).join(", ");
      await running.execOk(
        last,
        `nft -f - <<'END'
add table inet lvs_verify
add chain inet lvs_verify input { type filter hook input priority -5; }
add rule inet lvs_verify input ip saddr { ${sources} } tcp dport 22 drop
END`,
      );
      try {
        await pushed.atSource("echo other >changed\nrm deleted\necho new >made");
        const wanted = { changed: "other", deleted: undefined, made: "new" };
        await pushed.arrives(others, wanted, pushSeconds);
        // Longer than ssh keeps a connection without answers.
        await new Promise((resolve) => setTimeout(resolve, 15_000));
        await pushed.arrives([last], { changed: "one", deleted: "gone", made: undefined }, 2);
      } finally {
        await running.execOk(last, "nft delete table inet lvs_verify");
      }
      const after = await pushed.arrives([last], { changed: "other", deleted: undefined, made: "new" }, 60);
      return `${last}: changed, deleted and made files after ${after}${others.length > 0 ? `; ${others.join(", ")} meanwhile` : ""}`;
    }),
});

/** Tries the source's own key and settings. */
const limited = (source: MachineSettings): Claim => ({
  id: "push-key",
  text: "the source's key gives no shell and no read access on a real server, and only root and its user can read it",
  async prove(running) {
    const { name } = running.site.realServers[0];
    const ssh = "timeout 20 runuser -u deploy -- ssh -F /etc/lsyncd/ssh_config -S none";
    const shell = await running.exec(source.name, `${ssh} ${name} id 2>&1 </dev/null`);
    ensure(shell.stdout.startsWith("@RSYNCD:"), `id on ${name} said ${shell.stdout.trim()}`);
    const rsync = `timeout 20 runuser -u deploy -- rsync -e 'ssh -F /etc/lsyncd/ssh_config -S none'`;
    const read = await running.exec(source.name, `${rsync} ${name}::files/ /tmp/ 2>&1`);
    ensure(
      read.code !== 0 && /write only/.test(read.stdout),
      `reading from ${name} ended with ${read.code}: ${read.stdout.trim()}`,
    );
    const mode = await running.execOk(source.name, "stat -c '%a %U:%G' /etc/lsyncd/key");
    ensure(mode === "600 deploy:deploy", `the key is ${mode}`);
    return `${name}: id is answered ${beforeFirst(shell.stdout, " ")}, reading ${beforeFirst(read.stdout.trim(), "\n")}; the key is ${mode}`;
  },
});

export const webFileClaims = (site: SiteSettings): Claim[] => {
  const source = sourceOf(site);
  return [
    ...(hasLocalCode(site) ? [immutable(site)] : []),
    ...(source ? [limited(source), changes(source), restarts(source), away(source)] : []),
  ];
};

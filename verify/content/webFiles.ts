/** What is promised of web files on real servers' own disks: PHP cannot change them, and what is pushed there arrives. */
import type { MachineSettings, SiteSettings } from "../../settings/site";
import { hasLocalCode, localFiles, masterFiles, sourceOf } from "../../settings/webFiles";
import type { Lab } from "../../running/runningSite";
import { type Check, eventually, expect } from "../claim";

const immutable = (site: SiteSettings): Check => ({
  id: "immutable-code",
  claim:
    "PHP's user can change no file of the code on any real server, root none at /wordpress, and uploads can be written",
  async prove(lab) {
    const tries = [
      "runuser -u www-data -- find /srv/wordpress /wordpress -path '*/uploads' -prune -o -writable -print | head -n 5",
      "touch /wordpress/lvs-verify 2>/dev/null && echo /wordpress",
      "runuser -u www-data -- test -w /wordpress/wp-content/uploads || echo 'no uploads'",
    ].join("\n");
    const seen = await Promise.all(
      site.realServers.map(async ({ name }) => ({ name, open: await lab.tell(name, `${tries}\nexit 0`) })),
    );
    const text = seen.map(({ name, open }) => `${name}: ${open.replaceAll("\n", ", ")}`).join("; ");
    expect(
      seen.every(({ open }) => open === ""),
      text,
    );
    return `${site.realServers.map(({ name }) => name).join(", ")}: nothing of the code, and uploads`;
  },
});

/** Changes at the source, and what they must come to on each real server. */
class Pushed {
  readonly folder = `lvs-verify-${Date.now()}`;

  constructor(
    private readonly lab: Lab,
    private readonly source: MachineSettings,
  ) {}

  /** Runs shell at the source, in the folder that holds this check's files. */
  atSource(script: string): Promise<string> {
    const folder = `${masterFiles(this.lab.site)}/${this.folder}`;
    return this.lab.tell(this.source.name, `set -e\nmkdir -p ${folder}\ncd ${folder}\n${script}`);
  }

  /** Waits until every file is as `wanted` says, or not there where that is undefined; gives how long it took. */
  async arrives(
    names: readonly string[],
    wanted: Readonly<Record<string, string | undefined>>,
    withinSeconds: number,
  ): Promise<string> {
    const started = Date.now();
    const folder = `${localFiles(this.lab.site)}/${this.folder}`;
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
          const wrong = await this.lab.tell(name, `${script}\nexit 0`);
          expect(wrong === "", `${name}: ${wrong.replaceAll("\n", ", ")} after ${withinSeconds} s`);
          return name;
        }),
      ),
    );
    return `${((Date.now() - started) / 1000).toFixed(1)} s`;
  }

  async remove(): Promise<void> {
    await this.lab.tell(this.source.name, `rm -rf ${masterFiles(this.lab.site)}/${this.folder}`);
  }
}

/** As `use` says, and nothing left of it at the source. */
async function withFiles(
  lab: Lab,
  source: MachineSettings,
  use: (pushed: Pushed, names: readonly string[]) => Promise<string>,
): Promise<string> {
  const pushed = new Pushed(lab, source);
  try {
    return await use(
      pushed,
      lab.site.realServers.map(({ name }) => name),
    );
  } finally {
    await pushed.remove();
  }
}

/** Half of it is lsyncd's delay and an emulated CPU's ssh. */
const pushSeconds = 30;

const changes = (source: MachineSettings): Check => ({
  id: "pushed-changes",
  claim: `a file made, changed or deleted on ${source.name} is so on every real server within ${pushSeconds} s`,
  prove: (lab) =>
    withFiles(lab, source, async (pushed, names) => {
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

const restarts = (source: MachineSettings): Check => ({
  id: "pushed-again",
  claim: "lsyncd, killed, is back within 30 s and puts right what differs on a real server",
  prove: (lab) =>
    withFiles(lab, source, async (pushed, names) => {
      await pushed.atSource("echo one >lost\necho one >edited");
      await pushed.arrives(names, { lost: "one", edited: "one" }, pushSeconds);
      const last = names.at(-1)!;
      const folder = `${localFiles(lab.site)}/${pushed.folder}`;
      await lab.tell(last, `rm ${folder}/lost\necho by hand >${folder}/edited\ntouch ${folder}/own`);
      const before = await lab.tell(source.name, `${mainPid}\nkill -9 "$(${mainPid})"`);
      const after = await eventually(30, async () => {
        const [pid, state] = (
          await lab.tell(source.name, `${mainPid}\nsystemctl is-active lsyncd.service || true`)
        ).split("\n");
        expect(state === "active" && pid !== before && pid !== "0", `lsyncd is ${state}, process ${pid}`);
        return pid!;
      });
      const right = await pushed.arrives([last], { lost: "one", edited: "one", own: undefined }, 60);
      return `process ${before}, then ${after}; a lost, an edited and an added file on ${last} put right after ${right}`;
    }),
});

/** A cut in the line between source and real server, as nobody says goodbye there. */
const away = (source: MachineSettings): Check => ({
  id: "pushed-later",
  claim: "a real server that nothing reached for a while is brought up to date by itself within 60 s",
  prove: (lab) =>
    withFiles(lab, source, async (pushed, names) => {
      const [last, others] = [names.at(-1)!, names.slice(0, -1)];
      await pushed.atSource("echo one >changed\necho gone >deleted");
      await pushed.arrives(names, { changed: "one", deleted: "gone" }, pushSeconds);
      const sources = source.nics.flatMap(({ addresses }) => addresses).join(", ");
      await lab.tell(
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
        // Longer than a connection is kept that nobody answers on.
        await new Promise((resolve) => setTimeout(resolve, 15_000));
        await pushed.arrives([last], { changed: "one", deleted: "gone", made: undefined }, 2);
      } finally {
        await lab.tell(last, "nft delete table inet lvs_verify");
      }
      const after = await pushed.arrives([last], { changed: "other", deleted: undefined, made: "new" }, 60);
      return `${last}: changed, deleted and made files after ${after}${others.length > 0 ? `; ${others.join(", ")} meanwhile` : ""}`;
    }),
});

/** With the source's own key and settings. */
const limited = (source: MachineSettings): Check => ({
  id: "push-key",
  claim:
    "the source's key opens no shell on a real server, reads nothing there, and is root's and its user's alone",
  async prove(lab) {
    const { name } = lab.site.realServers[0]!;
    const ssh = "timeout 20 runuser -u deploy -- ssh -F /etc/lsyncd/ssh_config -S none";
    const shell = await lab.ask(source.name, `${ssh} ${name} id 2>&1 </dev/null`);
    expect(shell.stdout.startsWith("@RSYNCD:"), `id on ${name} said ${shell.stdout.trim()}`);
    const rsync = `timeout 20 runuser -u deploy -- rsync -e 'ssh -F /etc/lsyncd/ssh_config -S none'`;
    const read = await lab.ask(source.name, `${rsync} ${name}::files/ /tmp/ 2>&1`);
    expect(
      read.code !== 0 && /write only/.test(read.stdout),
      `reading from ${name} ended with ${read.code}: ${read.stdout.trim()}`,
    );
    const mode = await lab.tell(source.name, "stat -c '%a %U:%G' /etc/lsyncd/key");
    expect(mode === "600 deploy:deploy", `the key is ${mode}`);
    return `${name}: id is answered ${shell.stdout.split(" ")[0]!}, reading ${read.stdout.trim().split("\n")[0]!}; the key is ${mode}`;
  },
});

export const webFileChecks = (site: SiteSettings): Check[] => {
  const source = sourceOf(site);
  return [
    ...(hasLocalCode(site) ? [immutable(site)] : []),
    ...(source ? [limited(source), changes(source), restarts(source), away(source)] : []),
  ];
};

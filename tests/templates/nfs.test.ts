import { resolveSite } from "../../settings/resolve";
import { exportsFile, nfsConf } from "../../templates/nfsServer";
import { fstabLines } from "../../templates/realServer";
import { readFileSync } from "node:fs";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const site = resolveSite("dev", {});
const nfs = site.nfs!;
const shared = resolveSite("dev", { content: "static", nfs: {} });

describe("exports", () => {
  /** exportfs reads /etc/exports and writes its table below /var/lib/nfs: both are others for it. */
  const judge = (text: string) => {
    const tree = folder.folder("tree");
    const path = folder.write("exports", text.replaceAll(/^\S+/gm, tree));
    const table = folder.folder("nfs");
    const inside = `mount --bind ${path} /etc/exports\nmount --bind ${table} /var/lib/nfs`;
    return {
      tree,
      ...ask("exportfs", ["-ra"], { inside }),
      table: () => readFileSync(`${table}/etab`, "utf8"),
    };
  };

  test("give each real server the tree, every user squashed to www-data", () => {
    const { tree, code, stderr, table } = judge(exportsFile(site, nfs));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const exported = table()
      .trimEnd()
      .split("\n")
      .map((line) => /^(\S+)\t(\S+)\((.*)\)$/.exec(line)!.slice(1));
    expect(exported.map(([path, client]) => [path, client])).toEqual([
      [tree, "172.16.0.32"],
      [tree, "172.16.0.33"],
    ]);
    for (const [, , options] of exported)
      expect(options!.split(",")).toEqual(
        expect.arrayContaining([
          "rw",
          "sync",
          "all_squash",
          "no_subtree_check",
          "anonuid=33",
          "anongid=33",
          "secure",
        ]),
      );
  });

  test("let nobody write to a static site", () => {
    const { code, table } = judge(exportsFile(shared, shared.nfs!));
    expect(code).toBe(0);
    for (const line of table().trimEnd().split("\n")) expect(line).toMatch(/\(ro,/);
  });

  test("are refused with an option that exportfs does not know", () => {
    const { code, stderr } = judge(exportsFile(site, nfs).replace("all_squash", "squash_all"));
    expect(code).not.toBe(0);
    expect(stderr).toContain('unknown keyword "squash_all"');
  });
});

test("nfs.conf is read by nfs-utils as it was meant", () => {
  const lines = mustAsk("nfsconf", ["--file", folder.write("nfs.conf", nfsConf(nfs)), "--dump"]);
  expect(lines.split("\n").map((line) => line.trim())).toEqual(
    expect.arrayContaining([
      "[nfsd]",
      "host = 172.16.0.34",
      "vers3 = n",
      "vers4.0 = n",
      "vers4.1 = n",
      "vers4.2 = y",
      "grace-time = 10",
      "lease-time = 10",
      "threads = 8",
    ]),
  );
});

describe("fstab", () => {
  test.each([
    ["WordPress", site, "/wordpress"],
    ["a static site", shared, "/opt/wwwroot"],
  ])("is sound to findmnt for %s", (_what, of, mounted) => {
    const point = folder.folder("tree");
    const line = fstabLines(of, of.nfs!);
    const text = line.replace(` ${mounted} `, ` ${point} `);
    expect(text).not.toBe(line);
    const { code, stdout } = ask("findmnt", ["--verify", "--tab-file", folder.write("fstab", text)]);
    expect(stdout).not.toContain("[E]");
    expect(code).toBe(0);
  });

  test("becomes the wordpress.mount that php-fpm waits for, which never gives up and holds nothing up", () => {
    const out = folder.folder("units");
    mustAsk("systemd-fstab-generator", [out, out, out], {
      env: { SYSTEMD_FSTAB: folder.write("fstab", fstabLines(site, nfs)) },
    });
    const lines = readFileSync(`${out}/wordpress.mount`, "utf8").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "What=172.16.0.34:/data/wordpress",
        "Where=/wordpress",
        "Type=nfs4",
        "TimeoutSec=infinity",
        "Options=hard,nfsvers=4.2,_netdev,nofail,retry=10000,x-systemd.mount-timeout=infinity",
      ]),
    );
    expect(lines).not.toContain("Before=remote-fs.target");
  });
});

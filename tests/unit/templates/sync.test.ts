import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import { sourceOf } from "../../../settings/webFiles";
import { firewallRules } from "../../../templates/firewall";
import { nginxConf } from "../../../templates/nginx";
import { exportsFile, nfsServerFstab, saltNames, wpConfig } from "../../../templates/nfsServer";
import { fstabLines } from "../../../templates/realServer";
import { deployKeys, lsyncdConf, rsyncdConf, sshConfig } from "../../../templates/sync";

const uploads = resolveSite("dev", { wordpress: { shared: "uploads" } });
const pushed = resolveSite("dev", { wordpress: { shared: "uploads" }, sync: "lsyncd" });
const pages = resolveSite("dev", {
  content: "static",
  sync: "lsyncd",
  networks: [{ name: "storage", cidr: "10.9.0.0/24", forward: "none" }],
  realServers: [{ addresses: ["172.16.0.32", "10.9.0.32"] }, { addresses: ["172.16.0.33", "10.9.0.33"] }],
  source: { address: "10.9.0.5" },
});
const words = (line: string) => line.split(" ");
const configOf = (site: SiteSettings) =>
  wpConfig(site, { databasePassword: "p", salts: saltNames.map((name) => name) });

describe("WordPress with code on each real server", () => {
  test("mounts its own code read-only where a shared tree would be, and the uploads inside", () => {
    const [code, shared] = fstabLines(uploads, uploads.nfs!).trimEnd().split("\n").map(words);
    expect(code!.slice(0, 4)).toEqual(["/srv/wordpress", "/wordpress", "none", "bind,ro,nofail"]);
    expect(shared!.slice(0, 3)).toEqual([
      "172.16.0.34:/data/uploads",
      "/wordpress/wp-content/uploads",
      "nfs4",
    ]);
  });

  test("has its uploads where the tree has them, and nothing else of it exported", () => {
    expect(words(nfsServerFstab(uploads)).slice(0, 2)).toEqual([
      "/data/wordpress/wp-content/uploads",
      "/data/uploads",
    ]);
    const exported = exportsFile(uploads, uploads.nfs!).trimEnd().split("\n");
    expect(exported.map((line) => words(line)[0])).toEqual(["/data/uploads", "/data/uploads"]);
  });

  test("takes no theme and no plugin through its pages; with a shared tree it does", () => {
    const refusal = "define('DISALLOW_FILE_MODS', true);";
    expect(configOf(uploads)).toContain(refusal);
    expect(configOf(resolveSite("dev", {}))).not.toContain(refusal);
  });
});

describe("a source", () => {
  test("is WordPress's NFS server, or a static site's own machine", () => {
    expect([pushed, pages, uploads].map((site) => sourceOf(site)?.name)).toEqual([
      "nfs",
      "source",
      undefined,
    ]);
  });

  test("pushes to each real server by itself, but for what each has of its own", () => {
    const conf = lsyncdConf(pushed);
    expect(conf.match(/target = .*/g)).toEqual(['target = "rs1::files/",', 'target = "rs2::files/",']);
    expect(conf).toContain('source = "/data/wordpress/",');
    expect(conf).toContain('exclude = { "/wp-config.php", "/wp-content/uploads" },');
    expect(lsyncdConf(pages)).toContain('source = "/data/wwwroot/",');
  });

  test("reaches each real server at its address on the source's network", () => {
    const named = sshConfig(pages, pages.source!).match(/(Host rs|HostName).*/g);
    expect(named).toEqual(["Host rs1", "HostName 10.9.0.32", "Host rs2", "HostName 10.9.0.33"]);
  });

  test("lets nobody in but through ssh", () => {
    const site = { ...pages, firewall: true };
    expect(firewallRules(site, site.source!)).not.toMatch(/dport (?!22 )/);
  });
});

describe("a real server that is pushed to", () => {
  test("lets the source in by its key, from its address there", () => {
    const line = deployKeys(pages.realServers[0], pages.source!, "ssh-ed25519 AAAA\n");
    expect(line).toBe('restrict,from="10.9.0.5" ssh-ed25519 AAAA\n');
  });

  test("takes files into one folder, and neither its secrets nor the uploads' place", () => {
    expect(rsyncdConf(pushed).split("\n")).toEqual(
      expect.arrayContaining([
        "path = /srv/wordpress",
        "write only = yes",
        "exclude = /wp-config.php /wp-content/uploads",
      ]),
    );
    expect(rsyncdConf(pages)).toContain("path = /srv/wwwroot\n");
    expect(rsyncdConf(pages)).not.toContain("exclude");
  });

  test("shows what was pushed, and is not ready before", () => {
    const conf = nginxConf(pages, pages.realServers[0]);
    expect(conf).toContain("root /srv/wwwroot;");
    expect(conf).toContain("if (!-f /srv/wwwroot/index.html) {");
  });
});

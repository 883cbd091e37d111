import { resolveSite } from "../../settings/resolve";
import { sourcesList } from "../../templates/updates";
import { Folder, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

/** What describes each archive of a list, as apt would ask for it. */
function releases(list: string): string[] {
  const options = [
    `Dir::Etc::SourceList=${folder.write("sources.list", list)}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${folder.folder("lists")}`,
  ];
  const uris = mustAsk("apt-get", ["update", "--print-uris", ...options.flatMap((option) => ["-o", option])]);
  return [...uris.matchAll(/^'(.+?\/InRelease)'/gm)].map(([, uri]) => uri!);
}

test.each([["http://deb.debian.org/debian"], ["http://172.16.1.1:3142/deb.debian.org/debian"]])(
  "apt asks %s, and the security archive beside it",
  (debianMirror) => {
    const nameServers = ["192.0.2.53"];
    const site = resolveSite("dev", { content: "static", securityUpdates: true, debianMirror, nameServers });
    expect(releases(sourcesList(site).replaceAll("%SUITE%", "trixie"))).toEqual([
      `${debianMirror}/dists/trixie/InRelease`,
      `${debianMirror}/dists/trixie-updates/InRelease`,
      `${debianMirror}-security/dists/trixie-security/InRelease`,
    ]);
  },
);

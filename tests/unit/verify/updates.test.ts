import { resolveSite } from "../../../settings/resolve";
import type { RunningSite, ExecResult } from "../../../running/runningSite";
import { updateClaims } from "../../../verify/machines/updates";

const site = resolveSite("dev", { content: "static", securityUpdates: true, nameServers: ["192.0.2.53"] });
const armed = `active
active
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
Unattended-Upgrade::Automatic-Reboot "false";`;

/** What the check says of machines whose apt ends so, by name. */
function prove(apt: Readonly<Record<string, Partial<ExecResult>>> = {}, timers = armed): Promise<string> {
  const lab = {
    execOk: (_name: string, script: string) =>
      Promise.resolve(script.includes("list-timers") ? "Sun 06:12 apt-daily.timer" : timers),
    exec: (name: string) =>
      Promise.resolve({ code: 0, stdout: "Sat, 21 Nov 2026 09:12:00 UTC\n", stderr: "", ...apt[name] }),
  };
  return updateClaims(site)[0]!.prove(lab as unknown as RunningSite);
}

test("each machine's timers and its way to the archive are shown", async () => {
  await expect(prove()).resolves.toBe(
    "3 machines read http://deb.debian.org/debian-security of Sat, 21 Nov 2026 09:12:00 UTC; the director's next: Sun 06:12 apt-daily.timer",
  );
});

test("a machine that cannot read the archive is named, with apt's own reason", async () => {
  const stderr = "E: Failed to fetch InRelease\nE: Some index files failed to download.\n";
  await expect(prove({ rs2: { code: 100, stdout: "", stderr } })).rejects.toThrow(
    "rs2 cannot read http://deb.debian.org/debian-security: E: Failed to fetch InRelease; E: Some index files failed to download.",
  );
});

test("timers that are not armed are seen", async () => {
  await expect(prove({}, "inactive")).rejects.toThrow("director: inactive");
});

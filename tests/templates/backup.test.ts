import { calendars, noCalendars } from "../unit/settings/calendars";
import { Folder, ask, mustAsk } from "./daemon";
import { knownHosts } from "../../templates/backup";

const folder = new Folder();
afterAll(() => folder.remove());

test.each(calendars)("systemd takes the schedule %s", (text) => {
  expect(mustAsk("systemd-analyze", ["calendar", text])).toContain("Next elapse: ");
});

test.each(noCalendars)("systemd refuses the schedule %s", (text) => {
  expect(ask("systemd-analyze", ["calendar", text]).code).not.toBe(0);
});

test.each<[string, number, string]>([
  ["at the usual port", 22, "192.0.2.10"],
  ["at another port", 2222, "[192.0.2.10]:2222"],
])("ssh finds a remote host %s in known_hosts", (_where, port, sought) => {
  const key = folder.write(`key${port}`, "", 0o600);
  mustAsk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key], { input: "y\n" });
  const hostKey = mustAsk("ssh-keygen", ["-y", "-f", key]).trim().split(" ").slice(0, 2).join(" ");
  const file = folder.write(
    `known_hosts${port}`,
    knownHosts({ to: "backup@192.0.2.10:/srv", port, hostKey, keyFile: "" }),
  );
  expect(mustAsk("ssh-keygen", ["-F", sought, "-f", file])).toContain(hostKey);
});

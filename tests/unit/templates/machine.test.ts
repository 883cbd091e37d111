import { machinesOf, resolveSite } from "../../../settings/site";
import { identityString, identityTmpfiles, kernelCommandLine, networkFile } from "../../../templates/machine";

const site = resolveSite("dev", { network: { cidr: "10.20.0.0/22" } });
const nfs = site.nfs;
const identity = { machine: nfs, network: site.network, authorizedKey: "PUBLIC\n", hostKey: "PRIVATE\n" };

test("a machine's address is static and matched by MAC", () => {
  expect(networkFile(nfs, site.network)).toBe(`[Match]
MACAddress=52:54:0a:14:00:22

[Network]
Address=10.20.0.34/22
Gateway=10.20.0.1
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
ConfigureWithoutCarrier=yes
KeepConfiguration=yes
`);
});

test("an identity writes network, hosts, the operator's key and the host key, each for its owner", () => {
  const lines = identityTmpfiles(identity)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [type, path, mode, user, group, age, data] = line.split(" ");
      return { head: [type, path, mode, user, group, age].join(" "), text: decode(data) };
    });
  expect(lines).toEqual([
    {
      head: "f+~ /etc/systemd/network/10-lan.network 0644 root root -",
      text: networkFile(nfs, site.network),
    },
    { head: "f+~ /etc/hosts 0644 root root -", text: "127.0.0.1 localhost\n10.20.0.34 nfs\n" },
    { head: "d /home/ops/.ssh 0700 ops ops -", text: "" },
    { head: "f+~ /home/ops/.ssh/authorized_keys 0600 ops ops -", text: "PUBLIC\n" },
    { head: "f+~ /etc/ssh/ssh_host_ed25519_key 0600 root root -", text: "PRIVATE\n" },
  ]);
});

test("an identity is one binary credential called tmpfiles.extra", () => {
  const text = identityString(identity);
  const prefix = "io.systemd.credential.binary:tmpfiles.extra=";
  expect(text.slice(0, prefix.length)).toBe(prefix);
  expect(decode(text.slice(prefix.length))).toBe(identityTmpfiles(identity));
});

test("the kernel's command line names the machine, and fits what the kernel reads", () => {
  for (const machine of machinesOf(site)) {
    const words = kernelCommandLine(machine).split(" ");
    expect(words).toContain(`systemd.hostname=${machine.name}`);
    expect(words).toContain("root=/dev/vda");
    expect(words).toContain("net.ifnames=0");
    expect(words.join(" ").length).toBeLessThan(2048);
  }
});

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString();
}

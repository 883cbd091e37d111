import { domainXml, networkXml } from "../../engines/offline/libvirt";
import { domain, find, graphOf, network, ofType, plain } from "../unit/components/graph";
import { labNames, labSettings } from "../unit/labs";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const inputsOf = (node: { inputs: Record<string, unknown> }) => plain(node.inputs) as never;
const validate = (xml: string, kind: "domain" | "network") =>
  ask("virt-xml-validate", [folder.write(`${kind}.xml`, xml), kind]);

test.each(labNames)("libvirt's schema takes every domain and network of %s", async (name) => {
  const graph = await graphOf(labSettings(name));
  const definitions = [
    ...ofType(graph, domain).map((node) => [domainXml(inputsOf(node)), "domain"] as const),
    ...ofType(graph, network).map((node) => [networkXml(inputsOf(node)), "network"] as const),
  ];
  expect(definitions.length).toBeGreaterThan(3);
  for (const [xml, kind] of definitions) expect(validate(xml, kind)).toMatchObject({ code: 0 });
});

test.each(["nat", "open", "none"])(
  "libvirt's schema takes the network with the forward mode %s",
  async (forward) => {
    const bridge = find(await graphOf({ network: { forward } }), "site-network-bridge");
    expect(validate(networkXml(inputsOf(bridge)), "network")).toMatchObject({ code: 0 });
  },
);

test("libvirt's schema refuses a domain with an element that it does not know", async () => {
  const xml = domainXml(inputsOf(find(await graphOf(), "rs1-domain")));
  const { code, stderr } = validate(xml.replace("<devices>", "<devices><gadget/>"), "domain");
  expect(code).not.toBe(0);
  expect(stderr).toContain("fails to validate");
});

test("a domain says in XML what the resource's inputs say", async () => {
  const xml = folder.write("mysql.xml", domainXml(inputsOf(find(await graphOf(), "mysql-domain"))));
  const said = (path: string) => mustAsk("xmllint", ["--xpath", `string(${path})`, xml]).trimEnd();
  expect(said("/domain/@type")).toBe("kvm");
  expect(said("/domain/name")).toBe("lvs-dev-mysql");
  expect(said("concat(/domain/memory, ' ', /domain/memory/@unit)")).toBe("768 MiB");
  expect(said("/domain/vcpu")).toBe("1");
  expect(said("concat(/domain/os/type, ' ', //os/type/@arch, ' ', //os/type/@machine)")).toBe(
    "hvm x86_64 q35",
  );
  expect(said("/domain/os/kernel")).toMatch(/^\/pool\/kernel-[0-9a-f]{12}$/);
  expect(said("/domain/os/initrd")).toMatch(/^\/pool\/initrd-[0-9a-f]{12}$/);
  expect(said("/domain/os/cmdline")).toMatch(/ systemd\.hostname=mysql$/);
  expect(said("/domain/os/smbios/@mode")).toBe("sysinfo");
  expect(said("/domain/sysinfo[@type='smbios']/oemStrings/entry")).toMatch(
    /^io\.systemd\.credential\.binary:tmpfiles\.extra=/,
  );
  expect(said("count(/domain/features/acpi)")).toBe("1");
  expect(said("count(//disk[@type='file' and @device='disk'])")).toBe("2");
  expect(said("//disk[target/@dev='vda']/driver/@cache")).toBe("unsafe");
  expect(said("//disk[target/@dev='vdb']/driver/@cache")).toBe("writeback");
  expect(said("//disk[target/@dev='vdb']/source/@file")).toBe("/pool/mysql-data.qcow2");
  expect(said("//interface[@type='network']/source/@network")).toBe("lvs-dev");
  expect(said("//interface/mac/@address")).toBe("52:54:ac:10:00:23");
  expect(said("//interface/model/@type")).toBe("virtio");
  expect(said("//console[@type='pty']/target/@type")).toBe("serial");
  expect(said("//controller[@type='usb']/@model")).toBe("none");
  expect(said("//memballoon/@model")).toBe("none");
});

test("what is escaped is read back as it was", async () => {
  const cmdline = `</os>]]> & "quoted" 'apostrophe' <y/>`;
  const inputs = plain(find(await graphOf(), "rs1-domain").inputs) as { os: object };
  const xml = domainXml({ ...inputs, os: { ...inputs.os, cmdline } } as never);
  expect(
    mustAsk("xmllint", ["--xpath", "string(/domain/os/cmdline)", folder.write("escaped.xml", xml)]),
  ).toBe(`${cmdline}\n`);
});

import { domainXml, element, escape, networkXml } from "../../../../engines/offline/libvirt";

test("everything that means something in XML is escaped", () => {
  expect(escape(`a & b < c > d ' e " f &amp;`)).toBe("a &amp; b &lt; c &gt; d &apos; e &quot; f &amp;amp;");
  expect(escape(5)).toBe("5");
});

test("an element has its attributes escaped, those without a value left out, and closes itself when empty", () => {
  expect(element("a")).toBe("<a/>");
  expect(element("a", { one: "it's", two: undefined, three: 3 })).toBe("<a one='it&apos;s' three='3'/>");
  expect(element("a", { one: 1 }, "text")).toBe("<a one='1'>text</a>");
});

test("a network is a bridge with its address and no DNS", () => {
  const xml = networkXml({
    name: "lvs-dev",
    autostart: true,
    bridge: { name: "lvs-dev", stp: "off", delay: "0" },
    dns: { enable: "no" },
    forward: { mode: "nat" },
    ips: [{ address: "172.16.0.1", prefix: 24, family: "ipv4" }],
  });
  expect(xml).toBe(
    "<network><name>lvs-dev</name><forward mode='nat'/><bridge name='lvs-dev' stp='off' delay='0'/>" +
      "<dns enable='no'/><ip address='172.16.0.1' prefix='24' family='ipv4'/></network>",
  );
});

test("a network with IPv6 has an address of each family", () => {
  const xml = networkXml({
    name: "lvs-dev",
    bridge: { name: "lvs-dev" },
    ips: [
      { address: "172.16.0.1", prefix: 24, family: "ipv4" },
      { address: "fd00:16::1", prefix: 64, family: "ipv6" },
    ],
  });
  expect(xml).toBe(
    "<network><name>lvs-dev</name><bridge name='lvs-dev'/><ip address='172.16.0.1' prefix='24' family='ipv4'/>" +
      "<ip address='fd00:16::1' prefix='64' family='ipv6'/></network>",
  );
});

test("an isolated network has no forward element", () => {
  expect(networkXml({ name: "lvs-dev", bridge: { name: "lvs-dev" } })).toBe(
    "<network><name>lvs-dev</name><bridge name='lvs-dev'/></network>",
  );
});

test("a domain is written element by element, its texts escaped", () => {
  const xml = domainXml({
    name: "a<b",
    type: "qemu",
    memory: 512,
    memoryUnit: "MiB",
    vcpu: 2,
    autostart: true,
    os: {
      type: "hvm",
      typeArch: "x86_64",
      typeMachine: "q35",
      kernel: "/k",
      initrd: "/i",
      cmdline: "quiet 'and' so on",
      smBios: { mode: "sysinfo" },
    },
    sysInfos: [{ smbios: { oemStrings: { entries: ["one&1", "two"] } } }],
    features: { acpi: true },
    devices: {
      disks: [
        {
          device: "disk",
          driver: { name: "qemu", type: "qcow2" },
          source: { file: { file: "/d" } },
          target: { dev: "vda", bus: "virtio" },
        },
      ],
      interfaces: [
        {
          source: { network: { network: "n" } },
          mac: { address: "52:54:00:00:00:01" },
          model: { type: "virtio" },
        },
        {
          source: { network: { network: "n-storage" } },
          mac: { address: "52:54:00:00:00:02" },
          model: { type: "virtio" },
        },
      ],
      consoles: [{ target: { type: "serial" } }],
      controllers: [{ type: "usb", model: "none" }],
      memBalloon: { model: "none" },
    },
  });
  expect(xml.replaceAll("><", ">\n<").split("\n")).toEqual([
    "<domain type='qemu'>",
    "<name>a&lt;b</name>",
    "<memory unit='MiB'>512</memory>",
    "<vcpu>2</vcpu>",
    "<os>",
    "<type arch='x86_64' machine='q35'>hvm</type>",
    "<kernel>/k</kernel>",
    "<initrd>/i</initrd>",
    "<cmdline>quiet &apos;and&apos; so on</cmdline>",
    "<smbios mode='sysinfo'/>",
    "</os>",
    "<sysinfo type='smbios'>",
    "<oemStrings>",
    "<entry>one&amp;1</entry>",
    "<entry>two</entry>",
    "</oemStrings>",
    "</sysinfo>",
    "<features>",
    "<acpi/>",
    "</features>",
    "<devices>",
    "<disk type='file' device='disk'>",
    "<driver name='qemu' type='qcow2'/>",
    "<source file='/d'/>",
    "<target dev='vda' bus='virtio'/>",
    "</disk>",
    "<interface type='network'>",
    "<source network='n'/>",
    "<mac address='52:54:00:00:00:01'/>",
    "<model type='virtio'/>",
    "</interface>",
    "<interface type='network'>",
    "<source network='n-storage'/>",
    "<mac address='52:54:00:00:00:02'/>",
    "<model type='virtio'/>",
    "</interface>",
    "<console type='pty'>",
    "<target type='serial'/>",
    "</console>",
    "<controller type='usb' model='none'/>",
    "<memballoon model='none'/>",
    "</devices>",
    "</domain>",
  ]);
});

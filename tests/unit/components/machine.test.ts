import { recipeHash } from "../../../components/goldenImage";
import { domain, find, graphOf, ofType, plain, volume } from "./graph";

const hash = recipeHash();

interface Devices {
  readonly disks: {
    source: { file: { file: string } };
    target: { dev: string };
    driver: { cache: string };
  }[];
}
const disksOf = (node: { inputs: Record<string, unknown> }) => (plain(node.inputs.devices) as Devices).disks;

test("a machine's domain is what libvirt needs to boot it, and no more", async () => {
  const graph = await graphOf({ realServers: [{ memoryMiB: 640, vcpus: 2 }] });
  const { sysInfos, ...inputs } = find(graph, "rs1-domain").inputs;
  expect(plain(sysInfos)).toEqual([
    {
      smbios: {
        oemStrings: { entries: [expect.stringMatching(/^io\.systemd\.credential\.binary:tmpfiles\.extra=/)] },
      },
    },
  ]);
  expect(plain(inputs)).toEqual({
    name: "lvs-dev-rs1",
    description: "on network site-network-bridge-id",
    type: "kvm",
    memory: 640,
    memoryUnit: "MiB",
    vcpu: 2,
    running: true,
    autostart: true,
    os: {
      type: "hvm",
      typeArch: "x86_64",
      typeMachine: "q35",
      kernel: `/pool/kernel-${hash}`,
      initrd: `/pool/initrd-${hash}`,
      cmdline:
        "root=/dev/vda rootfstype=ext4 rw console=ttyS0 quiet loglevel=3 systemd.show_status=false " +
        "fsck.mode=skip net.ifnames=0 rcupdate.rcu_expedited=1 cryptomgr.notests audit=0 systemd.hostname=rs1",
      smBios: { mode: "sysinfo" },
    },
    features: { acpi: true },
    devices: {
      disks: [
        {
          device: "disk",
          driver: { name: "qemu", type: "qcow2", cache: "unsafe" },
          source: { file: { file: `/pool/rs1-${hash}.qcow2` } },
          target: { dev: "vda", bus: "virtio" },
        },
      ],
      interfaces: [
        {
          source: { network: { network: "lvs-dev" } },
          mac: { address: "52:54:ac:10:00:20" },
          model: { type: "virtio" },
        },
      ],
      consoles: [{ target: { type: "serial" } }],
      controllers: [{ type: "usb", model: "none" }],
      memBalloon: { model: "none" },
    },
  });
});

test("a changed domain is made anew, the old one first", async () => {
  const domains = ofType(await graphOf(), domain);
  expect(domains).toHaveLength(5);
  for (const { opts } of domains)
    expect(opts).toMatchObject({ replaceOnChanges: ["*"], deleteBeforeReplace: true });
});

test("every root disk is a layer over the golden image and follows it", async () => {
  const graph = await graphOf();
  for (const name of ["director", "rs1", "rs2", "nfs", "mysql"]) {
    const root = find(graph, `${name}-root`);
    expect(root.inputs).toEqual({
      name: `${name}-${hash}.qcow2`,
      pool: "lvs-dev",
      capacity: 8 * 1024 ** 3,
      target: { format: { type: "qcow2" } },
      backingStore: { path: `/pool/root-${hash}`, format: { type: "qcow2" } },
    });
    expect(root.opts.replaceOnChanges).toEqual(["*"]);
  }
});

test.each([
  ["nfs", "www.qcow2"],
  ["mysql", "mysql.qcow2"],
])("%s has a data disk filled from %s, which a newer image does not replace", async (name, seed) => {
  const graph = await graphOf();
  const data = find(graph, `${name}-data`);
  expect(data.inputs).toEqual({
    name: `${name}-data.qcow2`,
    pool: "lvs-dev",
    target: { format: { type: "qcow2" } },
    create: { content: { url: `/cache/built/${seed}` } },
  });
  expect(data.opts.ignoreChanges).toEqual(["create"]);
  expect(data.opts.replaceOnChanges).toBeUndefined();
  expect(
    disksOf(find(graph, `${name}-domain`)).map((disk) => [
      disk.target.dev,
      disk.source.file.file,
      disk.driver.cache,
    ]),
  ).toEqual([
    ["vda", `/pool/${name}-${hash}.qcow2`, "unsafe"],
    ["vdb", `/pool/${name}-data.qcow2`, "writeback"],
  ]);
});

test("only NFS and MySQL have data disks", async () => {
  const names = ofType(await graphOf(), volume).map(({ name }) => name);
  expect(names.filter((name) => name.endsWith("-data"))).toEqual(["nfs-data", "mysql-data"]);
});

test("each domain has its own name and MAC", async () => {
  const domains = ofType(await graphOf({ realServers: [{}, {}, {}, {}] }), domain);
  const names = domains.map(({ inputs }) => inputs.name);
  const macs = domains.map(
    ({ inputs }) =>
      (plain(inputs.devices) as { interfaces: { mac: { address: string } }[] }).interfaces[0]!.mac.address,
  );
  expect(names).toEqual([
    "lvs-dev-rs1",
    "lvs-dev-rs2",
    "lvs-dev-rs3",
    "lvs-dev-rs4",
    "lvs-dev-director",
    "lvs-dev-nfs",
    "lvs-dev-mysql",
  ]);
  expect(new Set(macs).size).toBe(7);
});

import { recipeHash } from "../../../components/goldenImage";
import { resolveSite } from "../../../settings/resolve";
import { labSettings } from "../labs";
import { domain, find, graphOf, ofType, plain, volume } from "./graph";

const hash = recipeHash("trixie");

interface Devices {
  readonly disks: {
    source: { file: { file: string } };
    target: { dev: string };
    driver: { cache: string };
  }[];
}
interface Interface {
  readonly source: { network: { network: string } };
  readonly mac: { address: string };
}
const nicsOf = (node: { inputs: Record<string, unknown> }) =>
  (plain(node.inputs.devices) as { interfaces: Interface[] }).interfaces;
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

test("a machine has a NIC on each of its networks, in the order of its addresses", async () => {
  const raw = labSettings("dual-line");
  const director = find(await graphOf(raw), "director-domain");
  const [front, line2, inside] = resolveSite("dev", raw).networks.map(({ libvirtName }) => libvirtName);
  expect(nicsOf(director).map(({ source, mac }) => [source.network.network, mac.address])).toEqual([
    [front, "52:54:ac:10:24:1f"],
    [line2, "52:54:ac:10:25:1f"],
    [inside, "52:54:ac:10:27:1f"],
  ]);
  // A network made anew makes every machine on it anew.
  expect(plain(director.inputs.description)).toBe(
    "on network site-network-bridge-id and site-network-line2-bridge-id and site-network-inside-bridge-id",
  );
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

test.each<[string, Record<string, unknown>, string[]]>([
  ["WordPress", {}, ["mysql-data", "nfs-data"]],
  ["a static site", { content: "static", client: {} }, []],
  ["a static site on NFS", { content: "static", nfs: {} }, ["nfs-data"]],
  ["a shop", { content: "shop" }, []],
])("what %s keeps is on data disks of NFS and MySQL", async (_content, raw, disks) => {
  const names = ofType(await graphOf(raw), volume).map(({ name }) => name);
  expect(names.filter((name) => name.endsWith("-data"))).toEqual(disks);
});

test("each domain has its own name and MAC", async () => {
  const domains = ofType(await graphOf({ realServers: [{}, {}, {}, {}] }), domain);
  const names = domains.map(({ inputs }) => inputs.name);
  const macs = domains.flatMap((node) => nicsOf(node).map(({ mac }) => mac.address));
  expect(names).toEqual([
    "lvs-dev-rs1",
    "lvs-dev-rs2",
    "lvs-dev-rs3",
    "lvs-dev-rs4",
    "lvs-dev-director",
    "lvs-dev-mysql",
    "lvs-dev-nfs",
  ]);
  expect(new Set(macs).size).toBe(7);
});

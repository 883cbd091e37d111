import { resolveSite } from "../../../settings/resolve";
import { domain, find, graphOf, localCommand, network, ofType, plain } from "./graph";

test("a stack has a storage pool of its own, built and taken away with it", async () => {
  const made = find(await graphOf(), "site-hypervisor-pool");
  expect(made.inputs).toEqual({
    name: "lvs-dev",
    type: "dir",
    target: { path: "/var/lib/libvirt/images/lvs-dev" },
    create: { build: true, start: true, autostart: true },
    destroy: { delete: true },
  });
});

test("without a choice the accelerator is probed, and every domain is of the type it says", async () => {
  const graph = await graphOf();
  expect(find(graph, "site-hypervisor-accelerator").inputs).toEqual({
    create: "scripts/host/accelerator.sh trixie",
  });
  expect(ofType(graph, domain).map(({ inputs }) => inputs.type)).toEqual(Array(5).fill("kvm"));
});

test("a chosen accelerator is not probed", async () => {
  const graph = await graphOf({ hypervisor: { accelerator: "qemu" } });
  expect(ofType(graph, localCommand).map(({ name }) => name)).toEqual(["site-image-build"]);
  expect(ofType(graph, domain).map(({ inputs }) => inputs.type)).toEqual(Array(5).fill("qemu"));
});

test("the network is a bridge with the gateway's address, without DHCP or DNS", async () => {
  const made = find(
    await graphOf({ network: { cidr: "10.7.0.0/22", forward: "open" } }),
    "site-network-bridge",
  );
  expect(made.inputs).toEqual({
    name: "lvs-dev",
    autostart: true,
    bridge: { name: "lvs-dev", stp: "off", delay: "0" },
    dns: { enable: "no" },
    forward: { mode: "open" },
    ips: [{ address: "10.7.0.1", prefix: 22, family: "ipv4" }],
  });
  expect(made.opts).toMatchObject({ replaceOnChanges: ["*"], deleteBeforeReplace: true });
});

test("each further network is a bridge of its own, called by its name", async () => {
  const raw = {
    network: { cidr6: "fd00:16::/64" },
    networks: [{ name: "storage", cidr: "192.168.7.0/24", gateway: "192.168.7.254", forward: "open" }],
  };
  const graph = await graphOf(raw);
  const storage = resolveSite("dev", raw).networks[1]!;
  expect(storage.libvirtName).toMatch(/^lvs-dev.storage$/);
  expect(ofType(graph, network).map(({ name, inputs }) => ({ name, ...inputs }))).toEqual([
    expect.objectContaining({
      name: "lvs-dev",
      ips: [
        { address: "172.16.0.1", prefix: 24, family: "ipv4" },
        { address: "fd00:16::1", prefix: 64, family: "ipv6" },
      ],
    }),
    {
      name: storage.libvirtName,
      autostart: true,
      bridge: { name: storage.bridge, stp: "off", delay: "0" },
      dns: { enable: "no" },
      forward: { mode: "open" },
      ips: [{ address: "192.168.7.254", prefix: 24, family: "ipv4" }],
    },
  ]);
});

test("an isolated network forwards nothing", async () => {
  const made = find(await graphOf({ network: { forward: "none" } }), "site-network-bridge");
  expect(made.inputs).not.toHaveProperty("forward");
});

test("domains are plugged into the network by the name that libvirt knows", async () => {
  const graph = await graphOf();
  const interfaces = ofType(graph, domain).map(
    ({ inputs }) => (plain(inputs.devices) as { interfaces: object[] }).interfaces,
  );
  expect(interfaces).toHaveLength(5);
  for (const nics of interfaces)
    expect(nics).toEqual([expect.objectContaining({ source: { network: { network: "lvs-dev" } } })]);
});

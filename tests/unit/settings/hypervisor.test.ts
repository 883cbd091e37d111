import { isLocal, libvirtNameOf, poolFolderOf, poolNameOf } from "../../../settings/hypervisor";

test.each(["qemu:///system", "qemu:///session", "qemu+unix:///system", "test:///default"])(
  "%s is this machine",
  (uri) => {
    expect(isLocal(uri)).toBe(true);
  },
);

test.each(["qemu+ssh://kvm1/system", "qemu+ssh://root@localhost/system", "qemu+tls://10.0.0.1/system"])(
  "%s is another machine",
  (uri) => {
    expect(isLocal(uri)).toBe(false);
  },
);

test("a stack's machines and its pool carry its name in libvirt", () => {
  expect(libvirtNameOf({ stack: "dev" }, { name: "rs1" })).toBe("lvs-dev-rs1");
  expect([poolNameOf("dev"), poolFolderOf("dev")]).toEqual(["lvs-dev", "/var/lib/libvirt/images/lvs-dev"]);
});

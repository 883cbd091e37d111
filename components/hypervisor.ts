import { local } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { poolFolderOf, poolNameOf } from "../settings/hypervisor";
import type { SiteSettings } from "../settings/site";

export interface HypervisorArgs {
  readonly site: SiteSettings;
}

/** Where the machines run: the connection to libvirt, the stack's own storage pool, and KVM or emulation. */
export class Hypervisor extends pulumi.ComponentResource {
  readonly provider: libvirt.Provider;
  readonly pool: libvirt.Pool;
  /** The domains' type: `kvm`, or `qemu` for emulation. */
  readonly domainType: pulumi.Output<string>;

  constructor(name: string, { site }: HypervisorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Hypervisor", name, {}, opts);
    const { uri, accelerator, provider } = site.hypervisor;
    if (provider) libvirt.useProviderBinary(provider);
    this.provider = new libvirt.Provider(`${name}-libvirt`, { uri }, { parent: this });
    this.pool = new libvirt.Pool(
      `${name}-pool`,
      {
        name: poolNameOf(site.stack),
        type: "dir",
        target: { path: poolFolderOf(site.stack) },
        create: { build: true, start: true, autostart: true },
        destroy: { delete: true },
      },
      { parent: this, provider: this.provider },
    );
    this.domainType = accelerator === "auto" ? this.probe(name, site.image.hash) : pulumi.output(accelerator);
    this.registerOutputs({});
  }

  /** Whether a kernel really boots under KVM is asked once and remembered. */
  private probe(name: string, imageHash = ""): pulumi.Output<string> {
    const probe = new local.Command(
      `${name}-accelerator`,
      { create: `scripts/host/accelerator.sh ${imageHash}`.trim() },
      { parent: this },
    );
    return probe.stdout;
  }
}

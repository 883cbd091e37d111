import { local } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { poolFolderOf, poolNameOf } from "../settings/hypervisor";
import type { SiteSettings } from "../settings/site";

export interface HypervisorArgs {
  readonly site: SiteSettings;
}

/** `pulumi install` replaces sdks/libvirt by a generated SDK, which cannot use a provider binary on disk. */
type LibvirtSdk = Pick<typeof libvirt, "Provider"> & { useProviderBinary?: (path: string) => void };

function useProviderBinary(path: string): void {
  const sdk: LibvirtSdk = libvirt;
  if (!sdk.useProviderBinary)
    throw new pulumi.RunError(
      `hypervisor.provider: ${path} cannot be used with the SDK that \`pulumi install\` generated; get this project's own one back: git checkout sdks/libvirt package.json && npm install`,
    );
  sdk.useProviderBinary(path);
}

/** The hypervisor: the connection to libvirt, the stack's storage pool, and the choice of KVM or emulation. */
export class Hypervisor extends pulumi.ComponentResource {
  readonly provider: libvirt.Provider;
  readonly pool: libvirt.Pool;
  /** The domains' type: `kvm`, or `qemu` for emulation. */
  readonly domainType: pulumi.Output<string>;

  constructor(name: string, { site }: HypervisorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Hypervisor", name, {}, opts);
    const { uri, accelerator, provider } = site.hypervisor;
    if (provider) useProviderBinary(provider);
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
    this.domainType = accelerator === "auto" ? this.probe(name, site.image) : pulumi.output(accelerator);
    this.registerOutputs({ domainType: this.domainType, pool: this.pool.name });
  }

  /** Tests once whether a kernel really boots under KVM, and keeps the result. */
  private probe(name: string, { suite, hash = suite }: SiteSettings["image"]): pulumi.Output<string> {
    // A path relative to the project's folder, where Pulumi runs commands. Another text, or `dir`, would run the command again.
    const probe = new local.Command(
      `${name}-accelerator`,
      { create: `scripts/host/accelerator.sh ${hash}` },
      { parent: this },
    );
    return probe.stdout;
  }
}

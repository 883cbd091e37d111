/**
 * `@pulumi/libvirt`: the part of the provider's SDK that this project uses. Pulumi reaches
 * `dmacvicar/terraform-provider-libvirt` through its `terraform-provider` bridge, and `pulumi install` generates
 * an SDK for it. This SDK is written by hand, so that a checkout compiles without the engine. It has the same
 * tokens, class names and property names, which mirror libvirt's XML: https://libvirt.org/format.html
 */
import * as pulumi from "@pulumi/pulumi";

// Pulumi.yaml declares the same versions under `packages`.
const bridge = { name: "terraform-provider", version: "1.1.3" };
const provider = { source: "registry.opentofu.org/dmacvicar/libvirt", version: "0.9.7" };

let binaryPath: string | undefined;

/** Uses the provider binary at `path` instead of downloading the pinned release. Call it before any resource is made. */
export function useProviderBinary(path: string): void {
  binaryPath = path;
}

function packageReference(): Promise<string | undefined> {
  const parameter = binaryPath
    ? { local: { path: binaryPath } }
    : { remote: { url: provider.source, version: provider.version } };
  return pulumi.runtime.registerPackage({
    baseProviderName: bridge.name,
    baseProviderVersion: bridge.version,
    baseProviderDownloadUrl: "",
    packageName: "libvirt",
    packageVersion: provider.version,
    base64Parameter: Buffer.from(JSON.stringify(parameter)).toString("base64"),
  });
}

const versioned = <T extends pulumi.ResourceOptions>(opts: T | undefined): T =>
  pulumi.mergeOptions({ version: provider.version }, opts) as T;

export interface ProviderArgs {
  /** libvirt connection URI, such as `qemu:///system` or `qemu+ssh://host/system`. */
  uri?: pulumi.Input<string>;
}

export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    super("libvirt", name, { uri: args.uri }, versioned(opts), false, packageReference());
  }
}

export interface NetworkArgs {
  name?: pulumi.Input<string>;
  autostart?: pulumi.Input<boolean>;
  bridge?: pulumi.Input<{ name?: string; stp?: string; delay?: string }>;
  dns?: pulumi.Input<{ enable?: string }>;
  forward?: pulumi.Input<{ mode?: string }>;
  ips?: pulumi.Input<{ address?: string; netmask?: string; prefix?: number; family?: string }[]>;
}

export class Network extends pulumi.CustomResource {
  declare public readonly name: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.CustomResourceOptions) {
    super("libvirt:index/network:Network", name, { ...args }, versioned(opts), false, packageReference());
  }
}

export interface PoolArgs {
  name?: pulumi.Input<string>;
  type: pulumi.Input<string>;
  target?: pulumi.Input<{ path?: string }>;
  create?: pulumi.Input<{ build?: boolean; start?: boolean; autostart?: boolean }>;
  destroy?: pulumi.Input<{ delete?: boolean }>;
}

export class Pool extends pulumi.CustomResource {
  declare public readonly name: pulumi.Output<string>;

  constructor(name: string, args: PoolArgs, opts?: pulumi.CustomResourceOptions) {
    super("libvirt:index/pool:Pool", name, { ...args }, versioned(opts), false, packageReference());
  }
}

export interface VolumeArgs {
  name?: pulumi.Input<string>;
  pool: pulumi.Input<string>;
  /** Bytes. Default: read from the content. */
  capacity?: pulumi.Input<number>;
  target?: pulumi.Input<{ format?: { type: string }; permissions?: { mode?: string } }>;
  backingStore?: pulumi.Input<{ path: pulumi.Input<string>; format?: { type: string } }>;
  /** Content that is uploaded once, from a path or URL on the machine that runs the provider. */
  create?: pulumi.Input<{ content: { url: pulumi.Input<string> } }>;
}

export class Volume extends pulumi.CustomResource {
  declare public readonly name: pulumi.Output<string>;
  /** Path on the hypervisor. */
  declare public readonly path: pulumi.Output<string>;

  constructor(name: string, args: VolumeArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { path: undefined };
    super(
      "libvirt:index/volume:Volume",
      name,
      { ...args, ...outputs },
      versioned(opts),
      false,
      packageReference(),
    );
  }
}

export interface DomainDisk {
  device?: pulumi.Input<string>;
  driver?: pulumi.Input<{ name?: string; type?: string; cache?: string; discard?: string }>;
  source: pulumi.Input<{ file: { file: pulumi.Input<string> } }>;
  target: pulumi.Input<{ dev: string; bus: string }>;
}

export interface DomainInterface {
  source: pulumi.Input<{ network: { network: pulumi.Input<string> } }>;
  mac?: pulumi.Input<{ address: string }>;
  model?: pulumi.Input<{ type: string }>;
}

export interface DomainArgs {
  name?: pulumi.Input<string>;
  description?: pulumi.Input<string>;
  /** `kvm` or `qemu` (emulation). */
  type: pulumi.Input<string>;
  memory?: pulumi.Input<number>;
  memoryUnit?: pulumi.Input<string>;
  vcpu?: pulumi.Input<number>;
  running?: pulumi.Input<boolean>;
  autostart?: pulumi.Input<boolean>;
  os?: pulumi.Input<{
    type: string;
    typeArch?: string;
    typeMachine?: string;
    kernel?: pulumi.Input<string>;
    initrd?: pulumi.Input<string>;
    cmdline?: pulumi.Input<string>;
    smBios?: { mode: string };
  }>;
  sysInfos?: pulumi.Input<pulumi.Input<{ smbios: { oemStrings: { entries: pulumi.Input<string>[] } } }>[]>;
  cpu?: pulumi.Input<{ mode?: string }>;
  features?: pulumi.Input<{ acpi?: boolean }>;
  onReboot?: pulumi.Input<string>;
  devices?: pulumi.Input<{
    disks?: DomainDisk[];
    interfaces?: DomainInterface[];
    consoles?: { target?: { type?: string } }[];
    controllers?: { type: string; model?: string }[];
    memBalloon?: { model: string };
    rngs?: { model: string; backend: { random: string } }[];
  }>;
}

export class Domain extends pulumi.CustomResource {
  declare public readonly name: pulumi.Output<string>;
  declare public readonly uuid: pulumi.Output<string>;

  constructor(name: string, args: DomainArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "libvirt:index/domain:Domain",
      name,
      { uuid: undefined, ...args },
      versioned(opts),
      false,
      packageReference(),
    );
  }
}

import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { libvirtNameOf } from "../settings/hypervisor";
import type { MachineSettings, SiteSettings } from "../settings/site";
import { firewallRules, sshSources } from "../templates/firewall";
import { addressLines, identityString, kernelCommandLine } from "../templates/machine";
import { unitsList } from "../templates/units";
import { resolvConf, sourcesList } from "../templates/updates";
import { type GoldenImage, rootDiskBytes } from "./goldenImage";
import { Guest, guestFile } from "./guest";
import type { Hypervisor } from "./hypervisor";
import type { Network } from "./network";
import type { Rollout } from "./rollout";
import { paired, present } from "../settings/lists";

/** What all machines of a site use. */
export interface SharedResources {
  readonly site: SiteSettings;
  readonly hypervisor: Hypervisor;
  /** By name. */
  readonly networks: Readonly<Record<string, Network>>;
  readonly image: GoldenImage;
  readonly operatorKey: tls.PrivateKey;
  readonly rollout: Rollout;
}

export interface MachineArgs {
  readonly shared: SharedResources;
  readonly settings: MachineSettings;
  /** File of the golden image that a data disk starts with. Default: no data disk. */
  readonly dataSeed?: string;
}

const rootDiskName = (machine: string, image: GoldenImage): string => `${machine}-${image.hash}.qcow2`;

/** The files that `finish` of scripts/guest/lib.sh installs on every machine. */
function commonFiles(site: SiteSettings, settings: MachineSettings): Record<string, string> {
  const files = {
    units: unitsList(site, settings),
    addresses: addressLines(settings),
    "lvs-reconcile.service": site.reconcile ? guestFile("reconcile/lvs-reconcile.service") : "",
    "firewall.nft": firewallRules(site, settings),
    "ssh-sources": sshSources(site),
    "resolv.conf": resolvConf(site, settings),
    "sources.list": sourcesList(site),
  };
  return Object.fromEntries(Object.entries(files).filter(([, text]) => text !== ""));
}

/**
 * A libvirt domain with its disks and its identity. The root disk is a layer over the golden image and is replaced with it. A data
 * disk is filled once and survives every rebuild of the machine.
 */
export class Machine extends pulumi.ComponentResource {
  readonly settings: MachineSettings;
  readonly guest: Guest;
  /** Public ssh host key, in OpenSSH form. */
  readonly hostKey: pulumi.Output<string>;
  readonly domain: libvirt.Domain;
  /** The domain's UUID: another one when the machine is replaced. `domain.id` is the same for all domains with Pulumi's engine. */
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Machine", name, {}, opts);
    const { shared, settings } = args;
    this.settings = settings;
    const hostKey = new tls.PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, { parent: this });
    const disks = [
      this.rootDisk(name, shared),
      ...(args.dataSeed ? [this.dataDisk(name, shared, args.dataSeed)] : []),
    ];
    const networks = settings.nics.map(({ network }) =>
      present(shared.networks[network], `network ${network}`),
    );
    const identity = pulumi
      .all([shared.operatorKey.publicKeyOpenssh, hostKey.privateKeyOpenssh])
      .apply(([authorizedKey, hostPrivateKey]) =>
        identityString({
          machine: settings,
          authorizedKey,
          hostKey: hostPrivateKey,
        }),
      );
    this.domain = new libvirt.Domain(
      `${name}-domain`,
      {
        name: libvirtNameOf(shared.site, settings),
        // A new network disconnects its machines, so they are replaced too.
        description: pulumi.interpolate`on network ${pulumi.all(networks.map(({ id }) => id)).apply((ids) => ids.join(" and "))}`,
        type: shared.hypervisor.domainType,
        memory: settings.memoryMiB,
        memoryUnit: "MiB",
        vcpu: settings.vcpus,
        running: true,
        autostart: true,
        os: {
          type: "hvm",
          typeArch: "x86_64",
          typeMachine: "q35",
          kernel: shared.image.kernel,
          initrd: shared.image.initrd,
          cmdline: kernelCommandLine(settings),
          smBios: { mode: "sysinfo" },
        },
        sysInfos: [{ smbios: { oemStrings: { entries: [identity] } } }],
        features: { acpi: true },
        devices: {
          disks: disks.map((disk, index) => ({
            device: "disk",
            // A root disk is replaced rather than repaired, so writes need not wait for the host's disk.
            driver: { name: "qemu", type: "qcow2", cache: index === 0 ? "unsafe" : "writeback" },
            source: { file: { file: disk.path } },
            target: { dev: index === 0 ? "vda" : "vdb", bus: "virtio" },
          })),
          interfaces: paired(settings.nics, networks).map(([{ mac }, network]) => ({
            source: { network: { network: network.libvirtName } },
            mac: { address: mac },
            model: { type: "virtio" },
          })),
          consoles: [{ target: { type: "serial" } }],
          controllers: [{ type: "usb", model: "none" }],
          memBalloon: { model: "none" },
        },
      },
      {
        parent: this,
        provider: shared.hypervisor.provider,
        replaceOnChanges: ["*"],
        deleteBeforeReplace: true,
        dependsOn: shared.rollout.turnOf(this, rootDiskName(name, shared.image)),
      },
    );
    this.hostKey = hostKey.publicKeyOpenssh;
    // An earlier version's journal of the offline engine has no UUID. The id is the same there.
    this.id = pulumi
      .all([this.domain.uuid as pulumi.Output<string | undefined>, this.domain.id])
      .apply(([uuid, id]) => uuid ?? id);
    this.guest = new Guest(
      `${name}-guest`,
      {
        address: settings.address,
        layDown: shared.site.layDown,
        always: commonFiles(shared.site, settings),
        operatorKey: shared.operatorKey.privateKeyOpenssh,
        hostKey: this.hostKey,
        domain: this.domain,
        machineId: this.id,
      },
      { parent: this },
    );
    this.registerOutputs({ address: settings.address, hostKey: this.hostKey, id: this.id });
  }

  private rootDisk(name: string, { hypervisor, image }: SharedResources): libvirt.Volume {
    return new libvirt.Volume(
      `${name}-root`,
      {
        name: rootDiskName(name, image),
        pool: hypervisor.pool.name,
        capacity: rootDiskBytes,
        target: { format: { type: "qcow2" } },
        backingStore: { path: image.root, format: { type: "qcow2" } },
      },
      { parent: this, provider: hypervisor.provider, replaceOnChanges: ["*"] },
    );
  }

  private dataDisk(name: string, { site, hypervisor, image }: SharedResources, seed: string): libvirt.Volume {
    return new libvirt.Volume(
      `${name}-data`,
      {
        name: `${name}-data.qcow2`,
        pool: hypervisor.pool.name,
        target: { format: { type: "qcow2" } },
        create: { content: { url: image.file(seed) } },
      },
      // A new image must not replace the content.
      {
        parent: this,
        provider: hypervisor.provider,
        ignoreChanges: ["create"],
        protect: site.protect === true,
      },
    );
  }
}

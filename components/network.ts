import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkSettings } from "../settings/site";
import type { Hypervisor } from "./hypervisor";

export interface NetworkArgs {
  readonly settings: NetworkSettings;
  readonly hypervisor: Hypervisor;
}

/** A libvirt network: a bridge with the hypervisor's address. It has no DHCP and no DNS, because all addresses are static. */
export class Network extends pulumi.ComponentResource {
  readonly libvirtName: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;

  constructor(name: string, { settings, hypervisor }: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Network", name, {}, opts);
    const network = new libvirt.Network(
      `${name}-bridge`,
      {
        name: settings.libvirtName,
        autostart: true,
        bridge: { name: settings.bridge, stp: "off", delay: "0" },
        dns: { enable: "no" },
        ...(settings.forward !== "none" && { forward: { mode: settings.forward } }),
        ips: [
          { address: settings.gateway, prefix: settings.prefix, family: "ipv4" },
          ...(settings.gateway6 === undefined
            ? []
            : [{ address: settings.gateway6, prefix: settings.prefix6, family: "ipv6" }]),
        ],
      },
      { parent: this, provider: hypervisor.provider, replaceOnChanges: ["*"], deleteBeforeReplace: true },
    );
    this.libvirtName = network.name;
    this.id = network.id;
    this.registerOutputs({ libvirtName: this.libvirtName, id: this.id });
  }
}

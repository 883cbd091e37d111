import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings } from "../settings/site";
import { type SharedResources, Machine } from "./machine";
import { type Push, pushToNew, pushing } from "./sync";

export interface SourceArgs {
  readonly shared: SharedResources;
  readonly settings: MachineSettings;
  readonly push: Push;
}

/** The machine with a static site's pages. It pushes them to the real servers. */
export class Source extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: SourceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Source", name, {}, opts);
    const { shared, settings, push } = args;
    this.machine = new Machine(name, { shared, settings, dataSeed: "www.qcow2" }, { parent: this });
    const { copies = [], files } = pushing(shared.site, settings, push);
    this.machine.guest.run("source", {
      script: "source/script.sh",
      copies: [...copies, "real-server/static/index.html"],
      files,
    });
    pushToNew(this.machine.guest, push);
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

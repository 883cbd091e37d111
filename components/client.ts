import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings } from "../settings/site";
import { type SharedResources, Machine } from "./machine";

export interface ClientArgs {
  readonly shared: SharedResources;
  readonly settings: MachineSettings;
}

/** A machine on the clients' side, with one or more source addresses and nothing else. */
export class Client extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, { shared, settings }: ClientArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Client", name, {}, opts);
    this.machine = new Machine(name, { shared, settings }, { parent: this });
    this.machine.guest.run("client", { script: "client/script.sh" });
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

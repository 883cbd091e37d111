import * as pulumi from "@pulumi/pulumi";
import { type WordpressSecrets, exportsFile, nfsConf, wpConfig } from "../templates/nfsServer";
import { type Ground, Machine } from "./machine";

export interface NfsServerArgs {
  readonly ground: Ground;
  readonly secrets: pulumi.Output<WordpressSecrets>;
}

/** The machine exporting the WordPress tree to the real servers. */
export class NfsServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, { ground, secrets }: NfsServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:NfsServer", name, {}, opts);
    const { site } = ground;
    this.machine = new Machine(name, { ground, settings: site.nfs, dataSeed: "www.qcow2" }, { parent: this });
    this.machine.guest.run("nfs-server", {
      script: "nfs-server/script.sh",
      files: {
        exports: exportsFile(site),
        "nfs.conf": nfsConf(site),
        "wp-config.php": secrets.apply((known) => wpConfig(site, known)),
      },
    });
    this.registerOutputs({});
  }
}

import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings } from "../settings/site";
import { type WordpressSecrets, exportsFile, nfsConf, wpConfig } from "../templates/nfsServer";
import { type Ground, Machine } from "./machine";

export interface NfsServerArgs {
  readonly ground: Ground;
  readonly settings: MachineSettings;
  /** For WordPress; a static site has none. */
  readonly secrets?: pulumi.Output<WordpressSecrets>;
}

/** The machine exporting the site's tree to the real servers. */
export class NfsServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: NfsServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:NfsServer", name, {}, opts);
    const { ground, settings, secrets } = args;
    const { site } = ground;
    this.machine = new Machine(name, { ground, settings, dataSeed: "www.qcow2" }, { parent: this });
    this.machine.guest.run("nfs-server", {
      script: "nfs-server/script.sh",
      args: [String(site.director.drainSeconds)],
      copies: ["leaving.sh", ...(site.content === "static" ? ["real-server/static/index.html"] : [])],
      files: {
        exports: exportsFile(site, settings),
        "nfs.conf": nfsConf(settings),
        ...(secrets && { "wp-config.php": secrets.apply((known) => wpConfig(site, known)) }),
      },
    });
    this.registerOutputs({});
  }
}

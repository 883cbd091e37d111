import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings } from "../settings/site";
import { hasLocalCode, masterFiles } from "../settings/webFiles";
import { exportsFile, nfsConf, nfsServerFstab } from "../templates/nfsServer";
import { backupPart } from "./backup";
import { type SharedResources, Machine } from "./machine";
import { type Push, pushToNew, pushing } from "./sync";

export interface NfsServerArgs {
  readonly shared: SharedResources;
  readonly settings: MachineSettings;
  /** wp-config.php, when this machine has the tree that real servers use. */
  readonly wpConfig?: pulumi.Output<string>;
  /** The key and targets of pushes, when this machine pushes the code to the real servers. */
  readonly push?: Push;
  /** For a site with backups. */
  readonly backupPassword?: pulumi.Output<string>;
  /** PEM; for a site with a MySQL server. */
  readonly databaseCa?: pulumi.Output<string>;
}

/** The machine that exports the site's tree to the real servers. */
export class NfsServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: NfsServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:NfsServer", name, {}, opts);
    const { shared, settings, wpConfig, push } = args;
    const { site } = shared;
    const backup = backupPart(site, args.backupPassword, args.databaseCa);
    this.machine = new Machine(name, { shared, settings, dataSeed: "www.qcow2" }, { parent: this });
    const pushed = pushing(site, settings, push);
    this.machine.guest.run("nfs-server", {
      script: "nfs-server/script.sh",
      args: [String(site.director.drainSeconds)],
      copies: [
        "leaving.sh",
        ...(pushed.copies ?? []),
        ...backup.copies,
        ...(site.content === "static" ? ["real-server/static/index.html"] : []),
      ],
      files: {
        exports: exportsFile(site, settings),
        "nfs.conf": nfsConf(settings),
        ...(hasLocalCode(site) && { fstab: nfsServerFstab(site) }),
        ...(site.content === "static" && { master: `${masterFiles(site)}\n` }),
        ...(wpConfig && { "wp-config.php": wpConfig }),
        ...pushed.files,
        ...backup.files,
      },
    });
    pushToNew(this.machine.guest, push);
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

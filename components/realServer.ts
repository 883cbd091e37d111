import * as pulumi from "@pulumi/pulumi";
import { type RealServerSettings, siteHost } from "../settings/site";
import { vipConf } from "../templates/director";
import { arpSysctl, fstabLine, nginxConf, phpIni, phpPool } from "../templates/realServer";
import { type Ground, Machine } from "./machine";

export interface RealServerArgs {
  readonly ground: Ground;
  readonly settings: RealServerSettings;
}

/** A machine behind the VIP: nginx and php-fpm over the WordPress tree from NFS. */
export class RealServer extends pulumi.ComponentResource {
  readonly machine: Machine;
  /** Done when the site answers from this machine. */
  readonly ready: pulumi.Resource;

  constructor(name: string, { ground, settings }: RealServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:RealServer", name, {}, opts);
    const { site } = ground;
    this.machine = new Machine(name, { ground, settings }, { parent: this });
    this.ready = this.machine.guest.run("real-server", {
      script: "real-server/script.sh",
      args: [siteHost(site), site.nfs.address, site.mysql.address],
      copies: ["real-server/lvs-real-server", "real-server/readyz.php"],
      files: {
        "sysctl.conf": arpSysctl(),
        "real-server.conf": vipConf(site),
        "nginx.conf": nginxConf(site, settings),
        "pool.conf": phpPool(site, settings),
        "php.ini": phpIni(),
        fstab: fstabLine(site),
      },
    });
    this.registerOutputs({});
  }
}

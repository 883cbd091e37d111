import * as pulumi from "@pulumi/pulumi";
import { directorSysctl, ipvsRules, vipConf } from "../templates/director";
import { type Ground, Machine } from "./machine";
import type { RealServer } from "./realServer";

export interface DirectorArgs {
  readonly ground: Ground;
  /** Clients are sent to them once each is ready. */
  readonly realServers: readonly RealServer[];
}

/** The machine running IPVS; it holds the VIPs. */
export class Director extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, { ground, realServers }: DirectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Director", name, {}, opts);
    this.machine = new Machine(name, { ground, settings: ground.site.director }, { parent: this });
    const job = {
      script: "director/script.sh",
      copies: ["director/lvs-director"],
      files: {
        "ip_vs.conf": "ip_vs\n",
        "sysctl.conf": directorSysctl(),
        "director.conf": vipConf(ground.site),
        "ipvs.rules": ipvsRules(ground.site),
      },
    };
    this.machine.guest.run(
      "director",
      job,
      realServers.map(({ ready }) => ready),
    );
    this.registerOutputs({});
  }
}

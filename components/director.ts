import * as pulumi from "@pulumi/pulumi";
import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../templates/director";
import { type Ground, Machine } from "./machine";

export interface DirectorArgs {
  readonly ground: Ground;
}

/** The machine running IPVS; it holds the VIPs. */
export class Director extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, { ground }: DirectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Director", name, {}, opts);
    const { site } = ground;
    this.machine = new Machine(name, { ground, settings: site.director }, { parent: this });
    this.machine.guest.run("director", {
      script: "director/script.sh",
      copies: ["director/lvs-director", "director/ipvs-table.sh", "lvs-common.sh"],
      files: {
        "modules.conf": directorModules(site),
        "sysctl.conf": directorSysctl(site),
        "director.conf": directorConf(site),
        "ipvs.rules": ipvsRules(site),
        "lvs.nft": directorNft(site),
        ready: readinessList(site),
      },
    });
    this.registerOutputs({});
  }
}

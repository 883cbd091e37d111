import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings } from "../settings/site";
import { vipFiles } from "../templates/realServer";
import { sorryNginxConf, sorryPage } from "../templates/sorryServer";
import { tlsFiles } from "./certificate";
import type { CertificateFiles } from "./certificateAuthority";
import { type SharedResources, Machine } from "./machine";

export interface SorryServerArgs {
  readonly shared: SharedResources;
  readonly settings: MachineSettings;
  /** For a site with TLS. */
  readonly certificate?: pulumi.Output<CertificateFiles>;
}

/** A machine that shows clients a page while no real server is available. It is connected like a real server. */
export class SorryServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: SorryServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:SorryServer", name, {}, opts);
    const { shared, settings, certificate } = args;
    const { site } = shared;
    this.machine = new Machine(name, { shared, settings }, { parent: this });
    this.machine.guest.run("sorry-server", {
      script: "sorry-server/script.sh",
      copies: ["real-server/units.sh", "real-server/lvs-real-server"],
      files: {
        ...vipFiles(site, settings),
        "nginx.conf": sorryNginxConf(site),
        "sorry.html": sorryPage(site),
        ...tlsFiles(certificate),
      },
    });
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

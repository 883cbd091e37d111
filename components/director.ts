import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type DirectorSettings, type SiteSettings, isChecked } from "../settings/site";
import { checksConf, drainedList } from "../templates/checks";
import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../templates/director";
import { keepalivedConf } from "../templates/keepalived";
import { ldirectordCf } from "../templates/ldirectord";
import { drainableWeight } from "../templates/weights";
import { directorNginxConf, sorryPage } from "../templates/sorryServer";
import { tlsFiles } from "./certificate";
import type { CertificateFiles } from "./certificateAuthority";
import { type Job, linesOf } from "./guest";
import { type SharedResources, Machine } from "./machine";
import { present } from "../settings/lists";
import { projectFile } from "../settings/projectFile";

export interface DirectorArgs {
  readonly shared: SharedResources;
  readonly settings: DirectorSettings;
  /** For a site with TLS. */
  readonly certificate?: pulumi.Output<CertificateFiles>;
  readonly realServers: readonly Machine[];
}

/** A machine that runs IPVS. It holds the VIPs, or is ready to take them over. */
export class Director extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: DirectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Director", name, {}, opts);
    const { shared, settings, certificate, realServers } = args;
    const { site } = shared;
    this.machine = new Machine(name, { shared, settings }, { parent: this });
    this.leaveFirst(args, present(opts?.parent, "site of the director"));
    const parts = [table(site, settings), checks(site, settings), sorry(site, settings, certificate)];
    this.machine.guest.run("director", {
      script: "director/script.sh",
      copies: parts.flatMap(({ copies }) => copies ?? []),
      files: {
        ...(Object.assign({}, ...parts.map(({ files }) => files)) as Job["files"]),
        // The job runs again when a real server was replaced, and gives it clients again.
        "real-servers": linesOf(realServers.map(({ settings: { name }, id }) => [name, id])),
      },
    });
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }

  /** Real servers lose their clients before they are replaced, and a director of a pair hands the VIPs over. */
  private leaveFirst({ shared, settings, realServers }: DirectorArgs, site: pulumi.Resource): void {
    const { guest, domain, id } = this.machine;
    // A machine that took the place of a lost one has no such program yet.
    const command = "[ ! -x /usr/local/sbin/lvs-director ] || sudo lvs-director leave";
    const seconds = leaveSeconds + settings.drainSeconds;
    for (const server of realServers) {
      const { name } = server.settings;
      const what = { machineId: server.id, deletedWith: domain, seconds };
      guest.beforeReplacement(`${name}-leaves-${settings.name}`, `${command} ${name}`, what);
    }
    if (!shared.site.secondDirector) return;
    guest.beforeReplacement(`${settings.name}-leaves`, command, {
      machineId: id,
      deletedWith: site,
      seconds,
    });
  }
}

/** Beside the time to drain: a real server that left before gets ready again, and passes its checks. */
const leaveSeconds = 20 * 60;

/** The files that one function of the director adds to its job. */
type Part = Pick<Job, "copies" | "files">;

function table(site: SiteSettings, settings: DirectorSettings): Part {
  const programs = [
    ...["services.sh", "lvs-director", "ipvs-table.sh", "drained.sh", "manager.sh", "drift.sh"],
    ...["pair.sh", "ready.sh", "replacing.sh"],
  ];
  return {
    copies: programs.map((file) => `director/${file}`),
    files: {
      "modules.conf": directorModules(site),
      "sysctl.conf": directorSysctl(site),
      "director.conf": directorConf(site, settings),
      "ipvs.rules": ipvsRules(site, drainableWeight),
      "lvs.nft": directorNft(site, settings),
      drained: drainedList(site),
      ready: readinessList(site),
    },
  };
}

function checks(site: SiteSettings, settings: DirectorSettings): Part {
  if (!isChecked(settings)) return {};
  const scripts = site.services.flatMap(({ name, check }) =>
    check?.script === undefined
      ? []
      : [[`check-${name}`, readFileSync(projectFile(check.script), "utf8")] as const],
  );
  return {
    copies: ["lvs-check", "probe.sh", "lvs-notify", "lvs-watch"].map((file) => `director/${file}`),
    files: {
      "checks.conf": checksConf(site),
      ...(settings.manager === "keepalived"
        ? { "keepalived.conf": keepalivedConf(site, settings, drainableWeight) }
        : { "ldirectord.cf": ldirectordCf(site, drainableWeight) }),
      ...Object.fromEntries(scripts),
    },
  };
}

function sorry(
  site: SiteSettings,
  settings: DirectorSettings,
  certificate: DirectorArgs["certificate"],
): Part {
  if (!site.sorry || site.sorry.machine) return {};
  return {
    files: {
      "nginx.conf": directorNginxConf(site, settings),
      "sorry.html": sorryPage(site),
      ...tlsFiles(certificate),
    },
  };
}

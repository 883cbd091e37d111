/** Pushes of web files from one machine to all real servers: the files that both ends need. */
import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings, SiteSettings } from "../settings/site";
import { masterFiles, sourceOf } from "../settings/webFiles";
import { deployKeys, lsyncdConf, rsyncdConf, sshConfig } from "../templates/sync";
import type * as tls from "@pulumi/tls";
import { type Guest, type Job, linesOf } from "./guest";
import type { Machine } from "./machine";

/** The key and targets of a source. */
export interface Push {
  readonly key: tls.PrivateKey;
  readonly realServers: readonly Machine[];
}

type Part = Pick<Job, "copies" | "files">;

/** The source's files. */
export function pushing(site: SiteSettings, source: MachineSettings, push: Push | undefined): Part {
  const copies = ["sync/push.sh"];
  if (!push) return { copies };
  return {
    copies: [...copies, "sync/lvs-push"],
    files: {
      "lsyncd.conf.lua": lsyncdConf(site),
      ssh_config: sshConfig(site, source),
      known_hosts: linesOf(push.realServers.map(({ settings, hostKey }) => [settings.name, hostKey])),
      key: push.key.privateKeyOpenssh,
      master: `${masterFiles(site)}\n`,
    },
  };
}

/**
 * Pushes all files to each real server whose machine is a new one. Not part of the source's job: that would wait for all new machines,
 * and a real server that is replaced is only ready, and the next one replaced, once it has its files.
 */
export function pushToNew(guest: Guest, push: Push | undefined): void {
  for (const { settings, id } of push?.realServers ?? [])
    guest.runAfterJobs(`push-${settings.name}`, pulumi.interpolate`sudo lvs-push ${settings.name} ${id}`);
}

/** A real server's files. */
export function receiving(
  site: SiteSettings,
  server: MachineSettings,
  key: tls.PrivateKey | undefined,
): Part {
  const source = sourceOf(site);
  const copies = ["sync/receive.sh"];
  if (!source || !key) return { copies };
  return {
    copies,
    files: {
      "rsyncd.conf": rsyncdConf(site),
      "deploy.keys": key.publicKeyOpenssh.apply((known) => deployKeys(server, source, known)),
    },
  };
}

/** Pushes of web files from one machine to all real servers: the files that both ends need. */
import * as pulumi from "@pulumi/pulumi";
import type { MachineSettings, SiteSettings } from "../settings/site";
import { masterFiles, sourceOf } from "../settings/webFiles";
import { deployKeys, lsyncdConf, rsyncdConf, sshConfig } from "../templates/sync";
import type * as tls from "@pulumi/tls";
import type { Job } from "./guest";
import type { Machine } from "./machine";

/** The key and targets of a source. */
export interface Push {
  readonly key: tls.PrivateKey;
  readonly realServers: readonly Machine[];
}

type Part = Pick<Job, "copies" | "files">;

/** The source's files. They contain each real server's domain id, so that a new real server gets all files again. */
export function pushing(site: SiteSettings, source: MachineSettings, push: Push | undefined): Part {
  const copies = ["sync/push.sh"];
  if (!push) return { copies };
  const line = (text: (server: Machine) => pulumi.Input<string>) =>
    pulumi.all(push.realServers.map(text)).apply((lines) => lines.map((one) => `${one.trim()}\n`).join(""));
  return {
    copies,
    files: {
      "lsyncd.conf.lua": lsyncdConf(site),
      ssh_config: sshConfig(site, source),
      known_hosts: line(({ settings, hostKey }) => pulumi.interpolate`${settings.name} ${hostKey}`),
      "real-servers": line(({ settings, domainId }) => pulumi.interpolate`${settings.name} ${domainId}`),
      key: push.key.privateKeyOpenssh,
      master: `${masterFiles(site)}\n`,
    },
  };
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

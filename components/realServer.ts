import * as pulumi from "@pulumi/pulumi";
import {
  type MysqlSettings,
  type RealServerSettings,
  type SiteSettings,
  frontWay,
  hasWeb,
  siteHost,
} from "../settings/site";
import { nginxConf } from "../templates/nginx";
import { cronConf, cronTimer } from "../templates/cron";
import { cacheFolders, treeConf } from "../templates/pageCache";
import { phpIni, phpPool } from "../templates/php";
import { echoInstances, fstabLines, vipFiles, vsftpdConf } from "../templates/realServer";
import { databaseIni, wordpressDatabaseFiles } from "../templates/wordpressDatabase";
import type * as tls from "@pulumi/tls";
import { tlsFiles } from "./certificate";
import type { CertificateFiles } from "./certificateAuthority";
import { localFiles } from "../settings/webFiles";
import type { Job } from "./guest";
import { type SharedResources, Machine } from "./machine";
import { receiving } from "./sync";

export interface RealServerArgs {
  readonly shared: SharedResources;
  readonly settings: RealServerSettings;
  /** For a site with TLS. */
  readonly certificate?: pulumi.Output<CertificateFiles>;
  /** PEM; for a site with a MySQL server. */
  readonly databaseCa?: pulumi.Output<string>;
  /** wp-config.php, when WordPress's code is on this machine. */
  readonly wpConfig?: pulumi.Output<string>;
  /** The source's key, when web files are pushed. */
  readonly pushKey?: tls.PrivateKey;
}

/** A machine behind the VIPs, with all services that it runs. */
export class RealServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: RealServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:RealServer", name, {}, opts);
    const { shared, settings, certificate, databaseCa, wpConfig, pushKey } = args;
    const { site } = shared;
    this.machine = new Machine(name, { shared, settings }, { parent: this });
    const parts = [
      lvs(site, settings),
      hasWeb(site) ? web(site, settings, certificate) : {},
      site.mysql && databaseCa ? database(site.mysql, databaseCa) : {},
      echo(site, settings),
      ftp(site, settings),
      receiving(site, settings, pushKey),
      wpConfig ? { files: { "wp-config.php": wpConfig } } : {},
    ];
    this.machine.guest.run("real-server", {
      script: "real-server/script.sh",
      args: site.mysql ? wordpressArgs(site) : [],
      copies: parts.flatMap(({ copies }) => copies ?? []),
      files: Object.assign({}, ...parts.map(({ files }) => files)) as Job["files"],
    });
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

/** The files that one function of a real server adds to its job. */
type Part = Pick<Job, "copies" | "files">;

function lvs(site: SiteSettings, settings: RealServerSettings): Part {
  return {
    copies: ["real-server/units.sh", "real-server/mounts.sh", "real-server/lvs-real-server"],
    files: vipFiles(site, settings),
  };
}

function web(
  site: SiteSettings,
  settings: RealServerSettings,
  certificate: RealServerArgs["certificate"],
): Part {
  const shop = ["my.cnf", "shop.sql", "shop.php", "database.php", "readyz.php"];
  const pages = {
    wordpress: [
      "readyz.php",
      "php-status.php",
      "sessions.php",
      "lvs-cron",
      "run-cron.php",
      "wp-settings.php",
    ].map((file) => `wordpress/${file}`),
    static: site.nfs || site.source ? [] : ["static/index.html"],
    shop: shop.map((file) => `shop/${file}`),
  }[site.content];
  return {
    copies: pages.map((page) => `real-server/${page}`),
    files: {
      "nginx.conf": nginxConf(site, settings),
      "web-folder": `${localFiles(site)}\n`,
      ...tlsFiles(certificate),
      ...(site.content !== "static" && { "pool.conf": phpPool(site, settings), "php.ini": phpIni(site) }),
      ...(site.content === "wordpress" && {
        "tree.conf": treeConf(),
        "cache-folders": cacheFolders(site),
        "cron.conf": cronConf(site),
        "cron-timer.conf": cronTimer(site, settings),
      }),
      ...(site.nfs && { fstab: fstabLines(site, site.nfs) }),
    },
  };
}

function database(mysql: MysqlSettings, ca: pulumi.Output<string>): Part {
  return {
    files: {
      ...wordpressDatabaseFiles(mysql),
      "fpm-database.ini": databaseIni,
      "cli-database.ini": databaseIni,
      "database-ca.crt": ca,
    },
  };
}

function echo(site: SiteSettings, settings: RealServerSettings): Part {
  const instances = echoInstances(site, settings);
  if (instances.length === 0) return {};
  return { copies: ["real-server/lvs-echo"], files: { "echo.conf": `${instances.join("\n")}\n` } };
}

function ftp(site: SiteSettings, { name }: RealServerSettings): Part {
  const conf = vsftpdConf(site);
  return conf === undefined ? {} : { files: { "vsftpd.conf": conf, "real-server.txt": `${name}\n` } };
}

/**
 * URL and `Host` header of WordPress on the machine itself. The address is 127.0.0.1, because a real server does
 * not hold the VIPs if the director translates addresses.
 */
function wordpressArgs(site: SiteSettings): string[] {
  const { application, from } = frontWay(site).listener;
  return [`${application}://127.0.0.1:${from}`, siteHost(site)];
}

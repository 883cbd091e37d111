import { resolveSite } from "../../../settings/site";
import { directorSysctl, ipvsRules, vipConf } from "../../../templates/director";
import { identityString, identityTmpfiles, kernelCommandLine, networkFile } from "../../../templates/machine";
import { myCnf, mysqlSettingsSql, siteSql, usersSql } from "../../../templates/mysqlServer";
import { exportsFile, nfsConf, saltNames, wpConfig } from "../../../templates/nfsServer";
import { arpSysctl, fstabLine, nginxConf, phpIni, phpPool } from "../../../templates/realServer";

const site = resolveSite("dev", {});
const rs1 = site.realServers[0]!;
const secrets = { databasePassword: "database-password", salts: saltNames.map((name) => `salt of ${name}`) };
const identity = {
  machine: rs1,
  network: site.network,
  authorizedKey: "ssh-ed25519 AAAA\n",
  hostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n",
};

test.each<[string, string]>([
  ["the director's sysctls", directorSysctl()],
  ["the director's ipvs.rules", ipvsRules(site)],
  ["the director's and real servers' vip.conf", vipConf(site)],
  ["a machine's network file", networkFile(rs1, site.network)],
  ["a machine's kernel command line", kernelCommandLine(rs1)],
  ["a machine's identity as tmpfiles", identityTmpfiles(identity)],
  ["a machine's identity as a credential", identityString(identity)],
  ["MySQL's my.cnf", myCnf(site)],
  ["MySQL's settings.sql", mysqlSettingsSql(site)],
  ["MySQL's users.sql", usersSql(site, "database-password")],
  ["MySQL's site.sql", siteSql(site)],
  ["NFS's exports", exportsFile(site)],
  ["NFS's nfs.conf", nfsConf(site)],
  ["NFS's wp-config.php", wpConfig(site, secrets)],
  ["a real server's sysctls", arpSysctl()],
  ["a real server's nginx.conf", nginxConf(site, rs1)],
  ["a real server's php-fpm pool", phpPool(site, rs1)],
  ["a real server's php.ini", phpIni()],
  ["a real server's fstab", fstabLine(site)],
])("%s is rendered as before", (_file, text) => {
  expect(text).toMatchSnapshot();
});

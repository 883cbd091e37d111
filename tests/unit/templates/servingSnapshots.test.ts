/** What everything behind the director reads, as it was when it last changed. */
import { resolveSite } from "../../../settings/resolve";
import { cronConf, cronTimer } from "../../../templates/cron";
import { myCnf, mysqlSettingsSql, removedUsersSql, siteSql, usersSql } from "../../../templates/mysqlServer";
import { nginxConf } from "../../../templates/nginx";
import { exportsFile, nfsConf, saltNames, wpConfig } from "../../../templates/nfsServer";
import { treeConf } from "../../../templates/pageCache";
import { phpIni, phpPool } from "../../../templates/php";
import {
  arpSysctl,
  fstabLines,
  realServerConf,
  realServerNft,
  vsftpdConf,
} from "../../../templates/realServer";
import { lab } from "../labs";

const site = resolveSite("dev", {});
const [nfs, mysql, rs1] = [site.nfs!, site.mysql!, site.realServers[0]!];
const secrets = { databasePassword: "database-password", salts: saltNames.map((name) => `salt of ${name}`) };
const tls = resolveSite("dev", { services: [{ ports: [80, 443] }], tls: { redirect: true } });
const [shop, mixed, dualNic] = [lab("nat-lnmp"), lab("mixed"), lab("dr-dual-nic")];

test.each<[string, string]>([
  ["MySQL's my.cnf", myCnf(mysql)],
  ["MySQL's settings.sql", mysqlSettingsSql(mysql)],
  ["MySQL's users.sql", usersSql(site, mysql, "database-password")],
  ["MySQL's removed-users.sql", removedUsersSql(site, mysql)],
  ["MySQL's site.sql", siteSql(site)],
  ["NFS's exports", exportsFile(site, nfs)],
  ["NFS's exports of dr-dual-nic", exportsFile(dualNic, dualNic.nfs!)],
  ["NFS's nfs.conf", nfsConf(nfs)],
  ["NFS's wp-config.php", wpConfig(site, secrets)],
  ["a real server's sysctls", arpSysctl(rs1)],
  ["a real server's VIPs in mixed", realServerConf(mixed, mixed.realServers[0]!)],
  ["a real server's nftables rules in mixed", realServerNft(mixed, mixed.realServers[0]!)],
  ["a real server's nginx.conf", nginxConf(site, rs1)],
  ["a real server's nginx.conf behind TLS", nginxConf(tls, tls.realServers[0]!)],
  ["a real server's nginx.conf in dr-dual-nic", nginxConf(dualNic, dualNic.realServers[0]!)],
  ["a real server's nginx.conf in nat-lnmp", nginxConf(shop, shop.realServers[0]!)],
  ["a real server's vsftpd.conf in mixed", vsftpdConf(mixed)!],
  ["a real server's php-fpm pool", phpPool(site, rs1)],
  ["a real server's php.ini", phpIni(site)],
  ["a real server's tree.conf", treeConf()],
  ["a real server's cron.conf", cronConf(site)],
  ["a second real server's turn at wp-cron", cronTimer(site, site.realServers[1]!)],
  ["a real server's fstab", fstabLines(site, nfs)],
  ["a real server's fstab in dr-dual-nic", fstabLines(dualNic, dualNic.nfs!)],
])("%s is rendered as before", (_file, text) => {
  expect(text).toMatchSnapshot();
});

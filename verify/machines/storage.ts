/** Claims about storage machines: they serve real servers only. */
import type { MachineSettings, SiteSettings } from "../../settings/site";
import { hasLocalCode } from "../../settings/webFiles";
import { webTree } from "../../templates/nfsServer";
import { type Claim, ensure } from "../claim";
import { paired } from "../../settings/lists";
import { beforeFirst } from "../../settings/text";
import type { ExecResult } from "../../running/runningSite";

/** Seconds to wait for an answer. With a firewall the director gets none. */
const patience = { director: 8, realServer: 40 };

const databaseClients = (site: SiteSettings, mysql: MachineSettings): Claim => ({
  id: "database-clients",
  text: "the database refuses the director, and a wrong password",
  async prove(running) {
    const login = (name: string, seconds: number) =>
      running.exec(
        name,
        `MYSQL_PWD=wrong timeout ${seconds + 7} mariadb --ssl --connect-timeout=${seconds} -h ${mysql.address} -u wpuser -e 'SELECT 1' wpdb 2>&1 || echo "exit $?"`,
      );
    const [director, realServer] = await Promise.all([
      login("director", patience.director),
      login(site.realServers[0].name, patience.realServer),
    ]);
    // With a firewall the director gets no answer at all.
    const refused = site.firewall ? /1130|exit 124|ERROR 200[23]/ : /1130 - Host|ERROR 1130/;
    ensure(refused.test(director.stdout), `the director was told: ${director.stdout}`);
    ensure(realServer.stdout.includes("ERROR 1045"), `a wrong password was told: ${realServer.stdout}`);
    const told = ({ stdout }: ExecResult) => beforeFirst(stdout.trim(), "\n");
    return `director: ${told(director)}; wrong password: ${told(realServer)}`;
  },
});

const nfsClients = (site: SiteSettings, nfs: MachineSettings): Claim => ({
  id: "nfs-clients",
  text: "NFS refuses a host that is no real server",
  async prove(running) {
    const from = `${nfs.address}:${webTree(site).exported}`;
    const mount = `mount -t nfs4 -o nfsvers=4.2,soft,timeo=50,retrans=1,retry=0 ${from} /mnt`;
    const { code, stderr } = await running.exec(
      "director",
      `timeout ${site.firewall ? patience.director : 20} ${mount} && umount /mnt`,
    );
    ensure(code !== 0, "the director could mount the tree");
    const silent = site.firewall && (code === 124 || /timed out|unreachable/.test(stderr));
    const refused = /denied|not permitted|No such file/.test(stderr);
    ensure(silent || refused, `the director was told: ${stderr.trim() || `exit ${code}`}`);
    return `director: ${stderr.trim() || "no answer"}`;
  },
});

const wpConfig = (site: SiteSettings): Claim => ({
  id: "wp-config",
  text: "wp-config.php is where the code is used, for root and www-data alone",
  async prove(running) {
    const local = hasLocalCode(site);
    const modes = await Promise.all([
      running.execOk("nfs", modeOf("/data/wordpress/wp-config.php")),
      ...site.realServers.map(({ name }) => running.execOk(name, modeOf("/srv/wordpress/wp-config.php"))),
    ]);
    const wanted = modes.map((_, index) => (local === index > 0 ? "640 root:www-data" : "none"));
    const names = ["nfs", ...site.realServers.map(({ name }) => name)];
    const text = paired(names, modes)
      .map(([name, mode]) => `${name}: ${mode}`)
      .join(", ");
    ensure(modes.join() === wanted.join(), text);
    return text;
  },
});

const modeOf = (path: string): string => `stat -c '%a %U:%G' ${path} 2>/dev/null || echo none`;

/** Claims that wait for answers which must not come. */
export const clientRefusalClaims = (site: SiteSettings): Claim[] => [
  ...(site.mysql ? [databaseClients(site, site.mysql)] : []),
  ...(site.nfs ? [nfsClients(site, site.nfs)] : []),
];

export const configClaims = (site: SiteSettings): Claim[] =>
  site.content === "wordpress" ? [wpConfig(site)] : [];

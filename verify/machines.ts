/** What each machine promises: only its role's ports, only its role's clients, and scripts that may run twice. */
import { machinesOf } from "../settings/site";
import type { Role } from "../settings/sizing";
import { gather } from "../tools/health";
import type { Lab } from "../tools/lab";
import { type Check, eventually, expect } from "./check";

/** Sockets that listen beside sshd, as `ss` tells them. */
function expectedPorts(lab: Lab, role: Role, address: string): string[] {
  const services = lab.site.services.map(({ port, protocol }) => `${protocol} 0.0.0.0:${port}`);
  const php = lab.site.php.listener === "tcp" ? ["tcp 127.0.0.1:9000"] : [];
  const roles: Record<Role, string[]> = {
    director: [],
    realServer: [...services, ...php],
    nfs: [`tcp ${address}:2049`],
    mysql: [`tcp ${address}:3306`],
  };
  return [...new Set(["tcp *:22", ...roles[role]])].sort();
}

export const machineChecks: readonly Check[] = [
  {
    id: "ports",
    claim: "each machine listens on exactly the ports that its role needs",
    deadlineSeconds: 60,
    async prove(lab) {
      const seen = await Promise.all(
        machinesOf(lab.site).map(async ({ name, role, address }) => {
          const listening = await lab.tell(name, "ss -Hltun | awk '{ print $1, $5 }' | sort -u");
          const wanted = expectedPorts(lab, role, address).join(", ");
          const found = listening
            .split("\n")
            .map((line) => line.trim())
            .sort()
            .join(", ");
          expect(found === wanted, `${name} listens on ${found}, and should on ${wanted}`);
          return `${name}: ${found}`;
        }),
      );
      return seen.join("; ");
    },
  },
  {
    id: "database-clients",
    claim: "the database refuses the director, and a wrong password",
    deadlineSeconds: 60,
    async prove(lab) {
      const { address } = lab.site.mysql;
      const login = (name: string) =>
        lab.ask(name, `MYSQL_PWD=wrong mariadb -h ${address} -u wpuser -e 'SELECT 1' wpdb`);
      const [director, realServer] = await Promise.all([
        login("director"),
        login(lab.site.realServers[0]!.name),
      ]);
      expect(
        /1130 - Host|ERROR 1130/.test(director.stderr),
        `the director was told: ${director.stdout}${director.stderr}`,
      );
      expect(
        realServer.stderr.includes("ERROR 1045"),
        `a wrong password was told: ${realServer.stdout}${realServer.stderr}`,
      );
      return `director: ${director.stderr.trim()}; wrong password: ${realServer.stderr.trim()}`;
    },
  },
  {
    id: "nfs-clients",
    claim: "NFS refuses a host that is no real server",
    deadlineSeconds: 60,
    async prove(lab) {
      const mount = `mount -t nfs4 -o nfsvers=4.2,soft,timeo=50,retrans=1,retry=0 ${lab.site.nfs.address}:/data/wordpress /mnt`;
      const { code, stderr } = await lab.ask("director", `timeout 30 ${mount} && umount /mnt`);
      expect(code !== 0, "the director could mount the tree");
      expect(/denied|not permitted|No such file/.test(stderr), `the director was told: ${stderr}`);
      return `director: ${stderr.trim()}`;
    },
  },
  {
    id: "wp-config",
    claim: "wp-config.php is for root and www-data alone",
    deadlineSeconds: 20,
    async prove(lab) {
      const mode = await lab.tell("nfs", "stat -c '%a %U:%G' /data/wordpress/wp-config.php");
      expect(mode === "640 root:www-data", `it is ${mode}`);
      return mode;
    },
  },
  {
    id: "ssh",
    claim: "no machine takes a password or root through ssh",
    deadlineSeconds: 60,
    async prove(lab) {
      const wanted = "kbdinteractiveauthentication no, passwordauthentication no, permitrootlogin no";
      await Promise.all(
        machinesOf(lab.site).map(async ({ name }) => {
          const lines = await lab.tell(
            name,
            "sshd -T | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication) ' | sort",
          );
          expect(lines.split("\n").join(", ") === wanted, `${name}: ${lines}`);
        }),
      );
      return wanted;
    },
  },
  {
    id: "status",
    claim: "a stopped nginx on one real server is seen by status, and its return too",
    deadlineSeconds: 60,
    async prove(lab) {
      const { name } = lab.site.realServers.at(-1)!;
      const nginx = async () => (await gather(lab)).find((machine) => machine.name === name)!.services.nginx;
      await lab.tell(name, "systemctl stop nginx");
      let stopped: string | undefined;
      try {
        stopped = await nginx();
      } finally {
        await lab.tell(name, "systemctl start nginx");
      }
      expect(stopped === "inactive", `status said nginx is ${stopped}`);
      const back = await eventually(10, async () => {
        const state = await nginx();
        expect(state === "active", `status says nginx is ${state}`);
        return state;
      });
      return `${name}: nginx ${stopped}, then ${back}`;
    },
  },
  {
    id: "run-twice",
    claim: "every script, run once more, changes nothing",
    deadlineSeconds: 180,
    async prove(lab) {
      const runs = await Promise.all(
        machinesOf(lab.site).map(async ({ name }) => {
          const lines = await lab.tell(name, "lvs-apply --again", 170_000);
          const wrong = lines.split("\n").filter((line) => !/^[\w-]+: unchanged$/.test(line));
          expect(wrong.length === 0 && lines !== "", `${name}: ${lines}`);
          return lines.split("\n").length;
        }),
      );
      return `${runs.reduce((sum, count) => sum + count, 0)} scripts on ${runs.length} machines: unchanged`;
    },
  },
];

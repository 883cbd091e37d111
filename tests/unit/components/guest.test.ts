import { drainableWeight } from "../../../templates/weights";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../../components/guest";
import { resolveSite } from "../../../settings/resolve";
import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../../../templates/director";
import { labSettings } from "../labs";
import { type Node, filesOf, find, graphOf, plain, remoteCommand, jobsOf } from "./graph";

const commands = async (raw: Record<string, unknown> = {}): Promise<readonly Node[]> =>
  jobsOf(await graphOf(raw));

test("one command lays everything down on each machine", async () => {
  expect((await commands()).map(({ name, inputs }) => [name, inputs.create])).toEqual([
    ["rs1-guest-real-server", "sudo lvs-apply 'real-server' 'http://127.0.0.1:80' '172.16.0.40'"],
    ["rs2-guest-real-server", "sudo lvs-apply 'real-server' 'http://127.0.0.1:80' '172.16.0.40'"],
    ["director-guest-director", "sudo lvs-apply 'director'"],
    ["mysql-guest-mysql-server", "sudo lvs-apply 'mysql-server' '30'"],
    ["nfs-guest-nfs-server", "sudo lvs-apply 'nfs-server' '30'"],
  ]);
});

test("a site on another port is asked there whether it is ready", async () => {
  const made = await commands({ services: [{ port: 8080 }], realServers: [{}] });
  expect(made.map(({ inputs }) => inputs.create)).toContain(
    "sudo lvs-apply 'real-server' 'http://127.0.0.1:8080' '172.16.0.40:8080'",
  );
});

test("where nothing is to be laid down each machine is waited for and left alone", async () => {
  const made = await commands({ layDown: false, client: {} });
  expect(made).toHaveLength(6);
  for (const { inputs } of made) {
    expect(inputs.create).toBe("true");
    expect(inputs).not.toHaveProperty("stdin");
  }
});

test("a machine with several NICs is reached at the first one's address", async () => {
  const graph = await graphOf(labSettings("dr-dual-nic"));
  const hostOf = (command: string) =>
    (plain(find(graph, command).inputs.connection) as { host: string }).host;
  expect(hostOf("director-guest-director")).toBe("172.16.16.173");
  expect(hostOf("rs4-guest-real-server")).toBe("172.16.16.180");
  expect(hostOf("nfs-guest-nfs-server")).toBe("192.168.7.250");
});

test("each machine is reached as ops, with the operator's key and its own host key", async () => {
  const graph = await graphOf();
  for (const [name, command, host] of [
    ["director", "director-guest-director", "172.16.0.31"],
    ["rs1", "rs1-guest-real-server", "172.16.0.32"],
    ["rs2", "rs2-guest-real-server", "172.16.0.33"],
    ["nfs", "nfs-guest-nfs-server", "172.16.0.34"],
    ["mysql", "mysql-guest-mysql-server", "172.16.0.35"],
  ] as const)
    expect(plain(find(graph, command).inputs.connection)).toEqual({
      host,
      port: 22,
      user: "ops",
      privateKey: "PRIVATE(site-operator-key)",
      hostKey: `PUBLIC(${name}-host-key)`,
      dialErrorLimit: -1,
      perDialTimeout: 5,
    });
});

test("a rebuilt machine gets everything laid down again, and a gone one is not asked to clean up", async () => {
  const graph = await graphOf();
  for (const name of ["director", "rs1", "rs2", "nfs", "mysql"]) {
    const command = graph.find(
      (node) => node.type === remoteCommand && node.name.startsWith(`${name}-guest-`),
    )!;
    expect(command.inputs.triggers).toEqual([`${name}-domain-id`]);
    const deletedWith = command.opts.deletedWith as pulumi.Resource;
    const urn = await new Promise((done) => deletedWith.urn.apply(done));
    expect(urn).toBe(find(graph, `${name}-domain`).urn);
  }
});

test("nothing is run on delete, nothing is logged, and no output goes into the environment", async () => {
  const made = await commands();
  expect(made).toHaveLength(5);
  for (const { inputs, opts } of made) {
    expect(inputs.logging).toBe("none");
    expect(inputs.addPreviousOutputInEnv).toBe(false);
    expect(Object.keys(inputs).sort()).toEqual([
      "addPreviousOutputInEnv",
      "connection",
      "create",
      "logging",
      "stdin",
      "triggers",
    ]);
    expect(opts.customTimeouts).toEqual({ create: "20m", update: "20m" });
  }
});

test("standard input is a secret on every machine", async () => {
  const made = await commands();
  expect(made).toHaveLength(5);
  for (const { inputs } of made) expect(pulumi.runtime.isRpcSecret(inputs.stdin)).toBe(true);
});

const shared = [
  ...["lib.sh", "script.sh", "manifest", "firewall.nft", "ssh-sources", "resolv.conf"],
  ...["lvs-common.sh", "look.sh", "lvs-reconcile", "lvs-reconcile.service", "units", "addresses"],
];
const directorFiles = [
  ...shared,
  ...["services.sh", "lvs-director", "pair.sh", "manager.sh", "drained.sh", "ipvs-table.sh", "drift.sh"],
  ...["ready.sh", "replacing.sh", "real-servers", "drained"],
  ...["modules.conf", "sysctl.conf", "director.conf", "ipvs.rules", "lvs.nft", "ready"],
];
const realServerFiles = [
  ...shared,
  ...["lvs-real-server", "units.sh", "mounts.sh", "receive.sh"],
  ...["sysctl.conf", "real-server.conf", "real-server.nft", "web-folder"],
];
const mysqlFiles = [
  ...shared,
  ...["leaving.sh", "replicated.sh", "hash-password.php", "my.cnf", "settings.sql"],
  ...["users.sql", "removed-users.sql", "site.sql", "admin-password"],
  ...["ca.crt", "server.crt", "server.key"],
];
const php = ["pool.conf", "php.ini", "readyz.php"];
const pushed = { wordpress: { shared: "uploads" }, sync: "lsyncd" };
const pushing = ["lsyncd.conf.lua", "ssh_config", "known_hosts", "lvs-push", "key", "master"];
const wordpress = [
  ...["nginx.conf", "tree.conf", "php-status.php", "sessions.php", "fstab"],
  ...["lvs-cron", "run-cron.php", "wp-settings.php", "cron.conf", "cron-timer.conf"],
  ...["wordpress-database.php", "fpm-database.ini", "cli-database.ini", "database-ca.crt"],
  ...["database-address", "cache-folders"],
];

test.each<[string, string, Record<string, unknown>, string[]]>([
  ["director-guest-director", "WordPress", {}, directorFiles],
  ["rs1-guest-real-server", "WordPress", {}, [...realServerFiles, ...php, ...wordpress]],
  [
    "nfs-guest-nfs-server",
    "WordPress",
    {},
    [...shared, "leaving.sh", "push.sh", "backup.sh", "exports", "nfs.conf", "wp-config.php"],
  ],
  ["mysql-guest-mysql-server", "WordPress", {}, mysqlFiles],
  [
    "mysql2-guest-mysql-server",
    "a site with a replica",
    { mysql: { replica: true } },
    [
      ...mysqlFiles,
      ...["lvs-mysql", "mysql-state.sh", "mysql-replication.sh", "mysql-copy.sh"],
      ...["mariadb-replication.conf", "replication.cnf"],
      ...["mysql.conf", "mysql-peer.cnf", "mysql-follow.sql"],
    ],
  ],
  [
    "director-guest-director",
    "any site with security updates, without a firewall",
    { firewall: false, securityUpdates: true, nameServers: ["192.0.2.53"] },
    [...directorFiles.filter((file) => file !== "firewall.nft" && file !== "ssh-sources"), "sources.list"],
  ],
  [
    "rs1-guest-real-server",
    "a static site",
    { content: "static" },
    [...realServerFiles, "nginx.conf", "index.html"],
  ],
  [
    "rs1-guest-real-server",
    "a static site on NFS",
    { content: "static", nfs: {} },
    [...realServerFiles, "nginx.conf", "fstab"],
  ],
  [
    "nfs-guest-nfs-server",
    "a static site",
    { content: "static", nfs: {} },
    [...shared, "leaving.sh", "push.sh", "backup.sh", "exports", "nfs.conf", "index.html", "master"],
  ],
  [
    "rs1-guest-real-server",
    "a shop",
    { content: "shop" },
    [...realServerFiles, ...php, "nginx.conf", "my.cnf", "shop.sql", "shop.php", "database.php"],
  ],
  [
    "rs1-guest-real-server",
    "a site with TLS",
    { content: "static", services: [{ port: 443 }], tls: {} },
    [...realServerFiles, "nginx.conf", "index.html", "tls.crt", "tls.key"],
  ],
  [
    "rs1-guest-real-server",
    "a site with echo and FTP",
    labSettings("mixed"),
    [
      ...realServerFiles,
      ...["nginx.conf", "index.html", "lvs-echo", "echo.conf", "vsftpd.conf", "real-server.txt"],
    ],
  ],
  [
    "rs1-guest-real-server",
    "WordPress whose code is pushed",
    pushed,
    [...realServerFiles, ...php, ...wordpress, "wp-config.php", "rsyncd.conf", "deploy.keys"],
  ],
  [
    "nfs-guest-nfs-server",
    "WordPress whose code is pushed",
    pushed,
    [...shared, "leaving.sh", "push.sh", "backup.sh", "exports", "nfs.conf", "fstab", ...pushing],
  ],
  [
    "source-guest-source",
    "a static site whose pages are pushed",
    { content: "static", sync: "lsyncd" },
    [...shared, "push.sh", "index.html", ...pushing],
  ],
  [
    "client-guest-client",
    "any site",
    { content: "static", client: {} },
    // No unit of its own.
    shared.filter((file) => file !== "units"),
  ],
])("%s of %s brings every file that its script asks for", async (name, _site, raw, files) => {
  const brought = filesOf(find(await graphOf(raw), name));
  expect(Object.keys(brought).sort()).toEqual([...files].sort());
  expect(brought["lib.sh"]).toBe(readFileSync("scripts/guest/lib.sh", "utf8"));
  const [, script] = name.split("-guest-");
  expect(brought["script.sh"]).toBe(readFileSync(`scripts/guest/${script}/script.sh`, "utf8"));
});

test("the director is told what its templates say, and nothing of it is empty that must not be", async () => {
  const site = resolveSite("dev", { services: [{ ports: [80, 8080] }] });
  const brought = filesOf(
    find(await graphOf({ services: [{ ports: [80, 8080] }] }), "director-guest-director"),
  );
  expect(brought).toMatchObject({
    "modules.conf": directorModules(site),
    "sysctl.conf": directorSysctl(site),
    "director.conf": directorConf(site, site.director),
    "ipvs.rules": ipvsRules(site, drainableWeight),
    "lvs.nft": directorNft(site, site.director),
    ready: readinessList(site),
  });
  expect(brought["lvs.nft"]).not.toBe("");
});

test("a bundle is one line of name and base64 for each file", () => {
  expect(bundle({ "a.conf": "x = 1\n", empty: "", "ü.txt": "grüß\n" })).toBe(
    "a.conf eCA9IDEK\nempty \nü.txt Z3LDvMOfCg==\n",
  );
});

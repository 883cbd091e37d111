import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../../components/guest";
import { type Node, filesOf, find, graphOf, ofType, plain, remoteCommand } from "./graph";

const commands = async (raw: Record<string, unknown> = {}): Promise<readonly Node[]> =>
  ofType(await graphOf(raw), remoteCommand);

test("one command lays everything down on each machine", async () => {
  expect((await commands()).map(({ name, inputs }) => [name, inputs.create])).toEqual([
    ["rs1-guest-real-server", "sudo lvs-apply 'real-server' '172.16.0.40' '172.16.0.34' '172.16.0.35'"],
    ["rs2-guest-real-server", "sudo lvs-apply 'real-server' '172.16.0.40' '172.16.0.34' '172.16.0.35'"],
    ["director-guest-director", "sudo lvs-apply 'director'"],
    ["nfs-guest-nfs-server", "sudo lvs-apply 'nfs-server'"],
    ["mysql-guest-mysql-server", "sudo lvs-apply 'mysql-server'"],
  ]);
});

test("a site on another port is asked there whether it is ready", async () => {
  const made = await commands({ services: [{ port: 8080 }], realServers: [{}] });
  expect(made.map(({ inputs }) => inputs.create)).toContain(
    "sudo lvs-apply 'real-server' '172.16.0.40:8080' '172.16.0.34' '172.16.0.35'",
  );
});

test("where nothing is to be laid down each machine is waited for and left alone", async () => {
  const made = await commands({ layDown: false });
  expect(made).toHaveLength(5);
  for (const { inputs } of made) {
    expect(inputs.create).toBe("true");
    expect(inputs).not.toHaveProperty("stdin");
  }
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
    const command = graph.find((node) => node.type === remoteCommand && node.name.startsWith(`${name}-`))!;
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

test.each([
  [
    "director-guest-director",
    ["lib.sh", "script.sh", "lvs-director", "ip_vs.conf", "sysctl.conf", "director.conf", "ipvs.rules"],
  ],
  [
    "rs1-guest-real-server",
    [
      "lib.sh",
      "script.sh",
      "lvs-real-server",
      "readyz.php",
      "sysctl.conf",
      "real-server.conf",
      "nginx.conf",
      "pool.conf",
      "php.ini",
      "fstab",
    ],
  ],
  ["nfs-guest-nfs-server", ["lib.sh", "script.sh", "exports", "nfs.conf", "wp-config.php"]],
  [
    "mysql-guest-mysql-server",
    [
      "lib.sh",
      "script.sh",
      "hash-password.php",
      "my.cnf",
      "settings.sql",
      "users.sql",
      "site.sql",
      "admin-password",
    ],
  ],
])("%s brings every file that its script asks for", async (name, files) => {
  const brought = filesOf(find(await graphOf(), name));
  expect(Object.keys(brought).sort()).toEqual([...files].sort());
  expect(brought["lib.sh"]).toBe(readFileSync("scripts/guest/lib.sh", "utf8"));
});

test("a bundle is one line of name and base64 for each file", () => {
  expect(bundle({ "a.conf": "x = 1\n", empty: "", "ü.txt": "grüß\n" })).toBe(
    "a.conf eCA9IDEK\nempty \nü.txt Z3LDvMOfCg==\n",
  );
});

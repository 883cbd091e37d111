import type * as pulumi from "@pulumi/pulumi";
import { Site } from "../../../components/site";
import { resolveSite } from "../../../settings/resolve";
import {
  type Node,
  certRequest,
  domain,
  filesOf,
  find,
  graphFrom,
  graphOf,
  localCommand,
  locallySignedCert,
  network,
  ofType,
  password,
  pool,
  privateKey,
  remoteCommand,
  selfSignedCert,
  volume,
  jobsOf,
} from "./graph";

test("the default site makes exactly these resources", async () => {
  const graph = await graphOf();
  const counts: Record<string, number> = {};
  for (const { type } of graph) counts[type] = (counts[type] ?? 0) + 1;
  expect(counts).toEqual({
    "lvs:index:Site": 1,
    "lvs:index:DatabaseTls": 1,
    "lvs:index:CertificateAuthority": 1,
    "lvs:index:Hypervisor": 1,
    "lvs:index:Network": 1,
    "lvs:index:GoldenImage": 1,
    "lvs:index:Director": 1,
    "lvs:index:RealServer": 2,
    "lvs:index:NfsServer": 1,
    "lvs:index:MysqlServer": 1,
    "lvs:index:Machine": 5,
    "lvs:index:Guest": 5,
    "pulumi:providers:libvirt": 1,
    [pool]: 1,
    [network]: 1,
    [volume]: 3 + 5 + 2,
    [domain]: 5,
    [localCommand]: 2,
    [remoteCommand]: 7,
    [password]: 10,
    [privateKey]: 1 + 5 + 2,
    [selfSignedCert]: 1,
    [certRequest]: 1,
    [locallySignedCert]: 1,
  });
});

test.each<[string, Record<string, unknown>, string[]]>([
  ["a static site", { content: "static" }, ["director", "rs1", "rs2"]],
  ["a static site on NFS", { content: "static", nfs: {} }, ["director", "rs1", "rs2", "nfs"]],
  ["a shop with a client", { content: "shop", client: {} }, ["director", "rs1", "rs2", "client"]],
])("%s needs no MySQL server and no passwords", async (_what, raw, machines) => {
  const graph = await graphOf(raw);
  const domains = ofType(graph, domain).map(({ name }) => name);
  expect(domains.sort()).toEqual(machines.map((name) => `${name}-domain`).sort());
  expect(jobsOf(graph)).toHaveLength(machines.length);
  expect(ofType(graph, volume)).toHaveLength(3 + machines.length + (raw.nfs ? 1 : 0));
  expect(ofType(graph, password)).toEqual([]);
});

test.each<[string, Record<string, unknown>, number]>([
  ["no TLS", {}, 0],
  ["TLS", { services: [{ port: 443 }], tls: {} }, 1],
])("a site with %s has as many CAs as it needs", async (_what, raw, count) => {
  const graph = await graphOf({ content: "static", ...raw });
  expect(graph.filter(({ type }) => type === "lvs:index:CertificateAuthority")).toHaveLength(count);
});

describe("what a site puts out", () => {
  const siteOf = async (raw: Record<string, unknown>): Promise<Site> => {
    const holder: { site?: Site } = {};
    await graphFrom((opts) => (holder.site = new Site("site", resolveSite("dev", raw), {}, opts)));
    return holder.site!;
  };
  const known = <T>(output: pulumi.Output<T> | undefined) =>
    output && new Promise<T>((done) => output.apply(done));

  test("is WordPress's URL and passwords, and every machine's host key", async () => {
    const site = await siteOf({ realServers: [{}], client: {} });
    expect(site.url).toBe("http://172.16.0.40/");
    expect(await known(site.adminPassword)).toBe("SECRET(site-admin-password)");
    expect(await known(site.databasePassword)).toBe("SECRET(site-database-password)");
    expect(site.caCertificate).toBeUndefined();
    expect(await known(site.hostKeys)).toEqual(
      Object.fromEntries(
        ["director", "rs1", "client", "nfs", "mysql"].map((name) => [name, `PUBLIC(${name}-host-key)`]),
      ),
    );
  });

  test("is the CA's certificate of a static site with TLS, and no password", async () => {
    const site = await siteOf({ content: "static", services: [{ port: 443 }], tls: {} });
    expect(site.url).toBe("https://172.16.0.40/");
    expect(await known(site.caCertificate)).toBe("CERTIFICATE(site-certificate-ca-certificate)");
    expect(site.adminPassword).toBeUndefined();
    expect(site.databasePassword).toBeUndefined();
  });
});

test("each child is named after its parent and its role", async () => {
  const graph = await graphOf({ realServers: [{ name: "alpha" }] });
  const named = graph.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
  expect(named.filter((text) => text.includes("alpha"))).toEqual([
    "RealServer alpha",
    "Machine alpha",
    "PrivateKey alpha-host-key",
    "Volume alpha-root",
    "Domain alpha-domain",
    "Guest alpha-guest",
    "Command alpha-guest-real-server",
    "Command alpha-leaves-director",
  ]);
  expect(named.filter((text) => text.includes("mysql"))).toEqual([
    "PrivateKey site-database-tls-mysql-key",
    "CertRequest site-database-tls-mysql-request",
    "LocallySignedCert site-database-tls-mysql-signed",
    "MysqlServer mysql",
    "Machine mysql",
    "PrivateKey mysql-host-key",
    "Volume mysql-root",
    "Volume mysql-data",
    "Domain mysql-domain",
    "Guest mysql-guest",
    "Command mysql-guest-mysql-server",
  ]);
});

test("every resource stands below the site", async () => {
  const graph = await graphOf();
  const roots = graph.filter(({ opts }) => opts.parent === undefined).map(({ name }) => name);
  expect(roots).toEqual(["site"]);
  expect(new Set(graph.map(({ urn }) => urn)).size).toBe(graph.length);
});

test("every libvirt resource goes through the site's own connection", async () => {
  const graph = await graphOf({
    hypervisor: { uri: "qemu+ssh://host/system", accelerator: "kvm" },
    managementCidrs: ["192.0.2.0/24"],
  });
  expect(find(graph, "site-hypervisor-libvirt").inputs).toEqual({ uri: "qemu+ssh://host/system" });
  const provider = ofType(graph, "pulumi:providers:libvirt");
  expect(provider).toHaveLength(1);
  const made = graph.filter(({ type }) => type.startsWith("libvirt:"));
  expect(made).toHaveLength(17);
  for (const { opts } of made) expect(opts.provider).toBe(made[0]!.opts.provider);
  expect(made[0]!.opts.provider).toBeDefined();
});

test("passwords and salts are 32 letters and digits", async () => {
  const graph = await graphOf();
  expect(ofType(graph, password).map(({ name, inputs }) => ({ name, ...inputs }))).toEqual(
    [
      "site-database-password",
      "site-admin-password",
      "site-auth-key",
      "site-secure-auth-key",
      "site-logged-in-key",
      "site-nonce-key",
      "site-auth-salt",
      "site-secure-auth-salt",
      "site-logged-in-salt",
      "site-nonce-salt",
    ].map((name) => ({ name, length: 32, special: false })),
  );
});

test("a replica is a second MySQL server with a certificate and a data disk of its own, and a password between the two", async () => {
  const [alone, replicated] = [await graphOf(), await graphOf({ mysql: { replica: true } })];
  const names = (graph: typeof alone) => graph.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
  const before = names(alone);
  expect(names(replicated).filter((name) => !before.includes(name))).toEqual([
    "PrivateKey site-database-tls-mysql2-key",
    "CertRequest site-database-tls-mysql2-request",
    "LocallySignedCert site-database-tls-mysql2-signed",
    "RandomPassword site-replication-password",
    "MysqlServer mysql2",
    "Machine mysql2",
    "PrivateKey mysql2-host-key",
    "Volume mysql2-root",
    "Volume mysql2-data",
    "Domain mysql2-domain",
    "Guest mysql2-guest",
    "Command mysql2-guest-mysql-server",
  ]);
  expect(find(replicated, "site-database-tls-mysql2-request").inputs).toMatchObject({
    dnsNames: [],
    ipAddresses: ["172.16.0.25"],
  });
});

test("another primary changes no machine, and of the jobs only the files that say who it is", async () => {
  // The primary is always the later one of the two.
  const inOrder = (graph: readonly Node[]) => graph.toSorted((one, other) => (one.urn < other.urn ? -1 : 1));
  const before = inOrder(await graphOf({ mysql: { replica: true } }));
  const after = inOrder(await graphOf({ mysql: { replica: true, primary: "mysql2" } }));
  expect(after.map(({ urn }) => urn)).toEqual(before.map(({ urn }) => urn));
  const changed = before.flatMap((node, index) => {
    const other = after[index]!;
    if (node.type === remoteCommand && "stdin" in node.inputs) {
      const [files, others] = [filesOf(node), filesOf(other)];
      expect(Object.keys(others)).toEqual(Object.keys(files));
      return Object.keys(files).flatMap((file) =>
        files[file] === others[file] ? [] : [`${node.name} ${file}`],
      );
    }
    return JSON.stringify(node.inputs) === JSON.stringify(other.inputs) ? [] : [node.name];
  });
  expect(changed.sort()).toEqual([
    "mysql-guest-mysql-server mysql.conf",
    "mysql2-guest-mysql-server mysql.conf",
    "rs1-guest-real-server database-address",
    "rs1-guest-real-server wordpress-database.php",
    "rs2-guest-real-server database-address",
    "rs2-guest-real-server wordpress-database.php",
  ]);
});

test("the operator and each machine have an ED25519 key of their own", async () => {
  const graph = await graphOf();
  const keys = ofType(graph, privateKey).filter(({ inputs }) => inputs.algorithm === "ED25519");
  expect(keys.map(({ name, inputs }) => ({ name, ...inputs }))).toEqual(
    [
      "site-operator-key",
      "rs1-host-key",
      "rs2-host-key",
      "director-host-key",
      "mysql-host-key",
      "nfs-host-key",
    ].map((name) => ({ name, algorithm: "ED25519" })),
  );
});

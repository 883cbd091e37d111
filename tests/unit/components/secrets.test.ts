import {
  type Node,
  domain,
  filesOf,
  find,
  graphOf,
  ofType,
  password,
  plain,
  remoteCommand,
  jobsOf,
} from "./graph";

/** Secrets in a text, also in what is base64 inside it. */
function secretsIn(text: string): string[] {
  const found = text.match(/(SECRET|PRIVATE)\([a-z0-9-]+\)/g) ?? [];
  const inside = (text.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? []).flatMap((word) =>
    secretsIn(Buffer.from(word, "base64").toString("latin1")),
  );
  return [...found, ...inside];
}

const textOf = (value: unknown): string => JSON.stringify(plain(value));

test("the search for secrets sees through base64 in base64", () => {
  const once = Buffer.from("a SECRET(site-x) and more text").toString("base64");
  const twice = Buffer.from(`file ${once} end`).toString("base64");
  expect(secretsIn(`credential=${twice}`)).toEqual(["SECRET(site-x)"]);
});

test("a domain carries its own ssh host key and no other secret", async () => {
  const graph = await graphOf();
  for (const name of ["director", "rs1", "rs2", "nfs", "mysql"])
    expect(secretsIn(textOf(find(graph, `${name}-domain`).inputs))).toEqual([`PRIVATE(${name}-host-key)`]);
});

test("no secret is in a command line", async () => {
  const graph = await graphOf();
  const lines = graph.flatMap(({ inputs }) => (inputs.create === undefined ? [] : [textOf(inputs.create)]));
  expect(lines).toHaveLength(1 + 1 + 5 + 3 + 2 + 1);
  expect(lines.flatMap(secretsIn)).toEqual([]);
});

test("passwords and salts reach only the files that need them", async () => {
  const places: Record<string, string[]> = {};
  for (const command of jobsOf(await graphOf()))
    for (const [file, text] of Object.entries(filesOf(command)))
      for (const secret of secretsIn(text)) (places[secret] ??= []).push(`${command.name} ${file}`);
  for (const secret of Object.keys(places)) places[secret] = [...new Set(places[secret])];
  const wpConfig = ["nfs-guest-nfs-server wp-config.php"];
  expect(places).toEqual({
    "SECRET(site-database-password)": ["mysql-guest-mysql-server users.sql", ...wpConfig],
    "SECRET(site-admin-password)": ["mysql-guest-mysql-server admin-password"],
    "SECRET(site-auth-key)": wpConfig,
    "SECRET(site-secure-auth-key)": wpConfig,
    "SECRET(site-logged-in-key)": wpConfig,
    "SECRET(site-nonce-key)": wpConfig,
    "SECRET(site-auth-salt)": wpConfig,
    "SECRET(site-secure-auth-salt)": wpConfig,
    "SECRET(site-logged-in-salt)": wpConfig,
    "SECRET(site-nonce-salt)": wpConfig,
    "PRIVATE(site-database-tls-mysql-key)": ["mysql-guest-mysql-server server.key"],
  });
});

test("the password between the database's machines reaches these two alone", async () => {
  const graph = await graphOf({ mysql: { replica: true } });
  const places = jobsOf(graph).flatMap((command) =>
    Object.entries(filesOf(command)).flatMap(([file, text]) =>
      text.includes("SECRET(site-replication-password)") ? [`${command.name} ${file}`] : [],
    ),
  );
  const files = ["mysql-follow.sql", "mysql-peer.cnf", "users.sql"];
  expect(places.sort()).toEqual(
    ["mysql", "mysql2"].flatMap((name) => files.map((file) => `${name}-guest-mysql-server ${file}`)),
  );
});

test("a certificate's key reaches the real servers' tls.key alone, and the CA's key no machine", async () => {
  const graph = await graphOf({ content: "static", services: [{ port: 443 }], tls: {} });
  const places = jobsOf(graph).flatMap((command) =>
    Object.entries(filesOf(command))
      .filter(([, text]) => secretsIn(text).length > 0)
      .map(([file, text]) => `${command.name} ${file}: ${secretsIn(text).join(" ")}`),
  );
  expect(places).toEqual([
    "rs1-guest-real-server tls.key: PRIVATE(site-certificate-key)",
    "rs2-guest-real-server tls.key: PRIVATE(site-certificate-key)",
  ]);
});

test("a static site has no passwords", async () => {
  const graph = await graphOf({ content: "static", nfs: {}, client: {} });
  expect(ofType(graph, password)).toEqual([]);
  const texts = jobsOf(graph).flatMap((command) => Object.values(filesOf(command)));
  expect(texts.flatMap(secretsIn)).toEqual([]);
});

test("apart from domains, commands and what signs certificates nothing holds a secret", async () => {
  const others = (await graphOf()).filter(
    ({ type }: Node) => type !== domain && type !== remoteCommand && !type.startsWith("tls:"),
  );
  expect(others.length).toBeGreaterThan(20);
  expect(others.flatMap(({ inputs }) => secretsIn(textOf(inputs)))).toEqual([]);
});

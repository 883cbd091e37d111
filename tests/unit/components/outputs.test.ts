import * as pulumi from "@pulumi/pulumi";
import { graphOf, plain } from "./graph";

/** `registerOutputs` is protected; the tests watch it from outside. */
const components = pulumi.ComponentResource.prototype as unknown as {
  registerOutputs(outputs?: pulumi.Inputs): void;
};
const everyRole = {
  director: { manager: "keepalived" },
  directors: 2,
  mysql: { replica: true },
  client: {},
  sorryServer: { on: "machine" },
  services: [{ port: 80 }, { port: 443 }],
  tls: {},
};

const machine = ["address", "hostKey"];
const registered: Readonly<Record<string, readonly string[]>> = {
  Site: ["url", "imageHash", "caCertificate", "hostKeys"],
  SiteCertificate: ["caCertificate"],
  CertificateAuthority: ["certificate"],
  DatabaseTls: ["caCertificate"],
  Hypervisor: ["domainType", "pool"],
  Network: ["libvirtName", "id"],
  GoldenImage: ["hash", "root", "kernel", "initrd"],
  Machine: ["address", "hostKey", "id"],
  Guest: ["address", "user", "hostKey"],
  Director: machine,
  RealServer: machine,
  SorryServer: machine,
  Client: machine,
  NfsServer: machine,
  Source: machine,
  MysqlServer: machine,
};

test.each([
  ["a site with every role of WordPress", everyRole],
  ["a static site that pushes its pages", { content: "static", sync: "lsyncd" }],
])("each component of %s registers its outputs, once and without secrets", async (_what, raw) => {
  const register = jest.spyOn(components, "registerOutputs");
  const graph = await graphOf(raw);
  // Pulumi itself calls it once more, without outputs; the first call counts.
  const calls = register.mock.calls.flatMap(([outputs], index) =>
    outputs === undefined ? [] : [{ type: register.mock.contexts[index]!.constructor.name, outputs }],
  );
  register.mockRestore();
  const made = graph.filter(({ type }) => type.startsWith("lvs:"));
  expect(calls.map(({ type }) => type).sort()).toEqual(made.map(({ type }) => type.split(":")[2]).sort());
  for (const { type, outputs } of calls) {
    expect({ type, outputs: Object.keys(outputs) }).toEqual({ type, outputs: registered[type] });
    const known = await new Promise((done) => pulumi.output(outputs).apply(done));
    expect(JSON.stringify(plain(known))).not.toMatch(/SECRET|PRIVATE/);
  }
});

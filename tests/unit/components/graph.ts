/** The resource graph of a site under Pulumi's mocks: what would be made, with which inputs and options. */
import * as pulumi from "@pulumi/pulumi";
import { Site } from "../../../components/site";
import { resolveSite } from "../../../settings/resolve";

export interface Node {
  readonly type: string;
  readonly name: string;
  /** As the engine gets them: every output known, secrets wrapped. */
  readonly inputs: Record<string, unknown>;
  readonly opts: pulumi.CustomResourceOptions;
  readonly urn: string;
}

export const localCommand = "command:local:Command";
export const remoteCommand = "command:remote:Command";
export const domain = "libvirt:index/domain:Domain";
export const volume = "libvirt:index/volume:Volume";
export const network = "libvirt:index/network:Network";
export const pool = "libvirt:index/pool:Pool";
export const password = "random:index/randomPassword:RandomPassword";
export const privateKey = "tls:index/privateKey:PrivateKey";
export const certRequest = "tls:index/certRequest:CertRequest";
export const selfSignedCert = "tls:index/selfSignedCert:SelfSignedCert";
export const locallySignedCert = "tls:index/locallySignedCert:LocallySignedCert";

/** What each kind of resource puts out; secrets are recognizable and carry the resource's name. */
const outputs: Readonly<Record<string, (name: string, inputs: Record<string, unknown>) => object>> = {
  [localCommand]: (name) => ({
    stdout: name.endsWith("-build") ? '{"hash":"built","directory":"/cache/built"}' : "kvm",
  }),
  [remoteCommand]: () => ({ stdout: "changed" }),
  [domain]: (name) => ({ uuid: `${name}-id` }),
  [volume]: (_name, inputs) => ({ path: `/pool/${String(inputs.name)}` }),
  [network]: () => ({}),
  [pool]: () => ({}),
  [password]: (name) => ({ result: `SECRET(${name})` }),
  [privateKey]: (name) => ({
    privateKeyOpenssh: `PRIVATE(${name})`,
    privateKeyPem: `PRIVATE(${name})`,
    publicKeyOpenssh: `PUBLIC(${name})`,
  }),
  [certRequest]: (name) => ({ certRequestPem: `REQUEST(${name})` }),
  [selfSignedCert]: (name) => ({ certPem: `CERTIFICATE(${name})` }),
  [locallySignedCert]: (name) => ({ certPem: `CERTIFICATE(${name})` }),
  "pulumi:providers:libvirt": () => ({}),
};

/** Everything that the stack file `raw` of stack `dev` makes, in the order in which the program asks for it. */
export const graphOf = (raw: Record<string, unknown> = {}): Promise<readonly Node[]> =>
  graphFrom((opts) => new Site("site", resolveSite("dev", raw), {}, opts));

/**
 * As `graphOf`, of the components that `make` makes. Pulumi writes down where each of some thousand promises was made: half the
 * time of these tests, as Jest looks each of a hundred frames up in its source maps.
 */
export async function graphFrom(
  make: (opts: pulumi.ComponentResourceOptions) => void,
): Promise<readonly Node[]> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  try {
    return await resourcesOf(make);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function resourcesOf(make: (opts: pulumi.ComponentResourceOptions) => void): Promise<readonly Node[]> {
  const inputs = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks(
    {
      call: ({ token }) => {
        throw new Error(`unexpected call of ${token}`);
      },
      newResource: (args) => {
        inputs.set(`${args.type} ${args.name}`, args.inputs);
        const known = outputs[args.type];
        if (args.custom && !known) throw new Error(`unexpected resource ${args.type}`);
        return { id: `${args.name}-id`, state: { ...args.inputs, ...known?.(args.name, args.inputs) } };
      },
    },
    "lvs-wordpress",
    "dev",
    false,
  );
  const asked: { type: string; name: string; resource: pulumi.Resource; opts: pulumi.ResourceOptions }[] = [];
  make({
    transformations: [
      ({ type, name, resource, opts }) => {
        asked.push({ type, name, resource, opts });
        return undefined;
      },
    ],
  });
  return Promise.all(
    asked.map(async ({ type, name, resource, opts }) => {
      const urn = await new Promise<string>((done) => resource.urn.apply(done));
      return { type, name, urn, opts, inputs: inputs.get(`${type} ${name}`)! };
    }),
  );
}

export function find(graph: readonly Node[], name: string): Node {
  const found = graph.filter((node) => node.name === name);
  if (found.length !== 1) throw new Error(`${found.length} resources are named ${name}`);
  return found[0]!;
}

export const ofType = (graph: readonly Node[], type: string): readonly Node[] =>
  graph.filter((node) => node.type === type);

/** The commands that lay a machine down, or wait until it has booted. */
export const jobsOf = (graph: readonly Node[]): readonly Node[] =>
  ofType(graph, remoteCommand).filter(({ inputs }) => "stdin" in inputs || inputs.create === "true");

/** The value with no secret left wrapped. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The files of a remote command's standard input, by name. */
export function filesOf(command: Node): Record<string, string> {
  const lines = (plain(command.inputs.stdin) as string).trimEnd().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [name, data] = line.split(" ") as [string, string];
      return [name, Buffer.from(data, "base64").toString()];
    }),
  );
}

/** Names of the resources whose inputs are not the same in both graphs, or that only one has. */
export function differing(before: readonly Node[], after: readonly Node[]): string[] {
  const texts = (graph: readonly Node[]) =>
    new Map(graph.map((node) => [node.name, JSON.stringify(plain(node.inputs))]));
  const [old, now] = [texts(before), texts(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .sort();
}

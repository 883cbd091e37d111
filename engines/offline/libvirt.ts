/** `@pulumi/libvirt` for the offline engine: the same inputs as libvirt XML, for virsh. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as libvirt from "@pulumi/libvirt";
import type { Values } from "./journal";
import { mustRun, run } from "./process";
import type { Context, Provider } from "./provider";
import { present } from "../../settings/lists";

/** A resource's arguments as the mocks receive them: all inputs are known. */
type Known<T> = T extends (infer Item)[]
  ? Known<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Known<Exclude<T[Key], Promise<unknown> | { apply: unknown }>> }
    : T;
const known = <T>(inputs: Values): Known<T> => inputs as Known<T>;

const virsh = ({ uri }: Context, ...args: string[]) => mustRun("virsh", ["-q", "-c", uri, ...args]);
/** For removal: a resource that is missing or stopped already is no failure. */
async function tryVirsh({ uri }: Context, ...args: string[]): Promise<void> {
  const { code, stderr } = await run("virsh", ["-q", "-c", uri, ...args]);
  if (code !== 0 && !/not found|not running|not active|failed to get/.test(stderr))
    throw new Error(`virsh ${args.join(" ")}: ${stderr.trim()}`);
}
/**
 * virsh reads definitions from files only. The definition of a domain contains its host key, so only the owner may
 * read the file.
 */
async function define({ uri }: Context, kind: string, xml: string, ...args: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lvs-xml-"));
  try {
    writeFileSync(join(folder, "definition.xml"), xml, { mode: 0o600 });
    await mustRun("virsh", ["-q", "-c", uri, kind, ...args, join(folder, "definition.xml")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&apos;",
  '"': "&quot;",
};

export const escape = (text: unknown): string =>
  String(text).replace(/[&<>'"]/g, (char) => entities[char] ?? char);

/** `<tag a='1'>content</tag>`. Attributes with the value undefined are left out. `content` must be escaped already. */
export function element(tag: string, attributes: Record<string, unknown> = {}, content = ""): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}='${escape(value)}'`);
  return `<${tag}${written.join("")}${content === "" ? "/>" : `>${content}</${tag}>`}`;
}

export function networkXml(args: Known<libvirt.NetworkArgs>): string {
  const ips = (args.ips ?? []) as { address: string; prefix: number; family: string }[];
  return element(
    "network",
    {},
    [
      element("name", {}, escape(args.name)),
      args.forward ? element("forward", { ...args.forward }) : "",
      element("bridge", { ...args.bridge }),
      args.dns ? element("dns", { ...args.dns }) : "",
      ...ips.map((ip) => element("ip", { ...ip })),
    ].join(""),
  );
}

export const network: Provider = {
  onChange: "removeFirst",
  async create(inputs, context) {
    const args = known<libvirt.NetworkArgs>(inputs);
    const name = String(args.name);
    await define(context, "net-define", networkXml(args));
    if (args.autostart) await virsh(context, "net-autostart", name);
    await virsh(context, "net-start", name);
    return { id: (await virsh(context, "net-uuid", name)).trim(), outputs: {} };
  },
  async remove(inputs, _made, context) {
    await tryVirsh(context, "net-destroy", String(inputs.name));
    await tryVirsh(context, "net-undefine", String(inputs.name));
  },
};

export const pool: Provider = {
  onChange: "removeFirst",
  async create(inputs, context) {
    const args = known<libvirt.PoolArgs>(inputs) as { name: string; type: string; target: { path: string } };
    const target = element("target", {}, element("path", {}, escape(args.target.path)));
    await define(
      context,
      "pool-define",
      element("pool", { type: args.type }, element("name", {}, escape(args.name)) + target),
    );
    await virsh(context, "pool-build", args.name);
    await virsh(context, "pool-start", args.name);
    await virsh(context, "pool-autostart", args.name);
    return { id: (await virsh(context, "pool-uuid", args.name)).trim(), outputs: {} };
  },
  async remove(inputs, _made, context) {
    await tryVirsh(context, "pool-destroy", String(inputs.name));
    await tryVirsh(context, "pool-delete", String(inputs.name));
    await tryVirsh(context, "pool-undefine", String(inputs.name));
  },
};

interface KnownVolume {
  readonly name: string;
  readonly pool: string;
  readonly capacity?: number;
  readonly target: { format: { type: string } };
  readonly backingStore?: { path: string; format: { type: string } };
  readonly create?: { content: { url: string } };
}

export const volume: Provider = {
  onChange: "removeLast",
  // A change of `create` alone keeps the volume: its content was uploaded once. A volume that must follow its content
  // has a hash in its name.
  same: (before, now) =>
    JSON.stringify({ ...before, create: undefined }) === JSON.stringify({ ...now, create: undefined }),
  async create(inputs, context) {
    const args = inputs as unknown as KnownVolume;
    const content = args.create?.content.url;
    const format = args.target.format.type;
    const backing = args.backingStore;
    await tryVirsh(context, "vol-delete", "--pool", args.pool, args.name);
    await define(
      context,
      "vol-create",
      element(
        "volume",
        {},
        [
          element("name", {}, escape(args.name)),
          element(
            "capacity",
            { unit: "bytes" },
            String(
              args.capacity ??
                statSync(present(content, "capacity of the volume, nor a file that has one")).size,
            ),
          ),
          element("target", {}, element("format", { type: format })),
          backing
            ? element(
                "backingStore",
                {},
                element("path", {}, escape(backing.path)) + element("format", backing.format),
              )
            : "",
        ].join(""),
      ),
      args.pool,
    );
    if (content) await virsh(context, "vol-upload", "--pool", args.pool, args.name, content);
    const path = (await virsh(context, "vol-path", "--pool", args.pool, args.name)).trim();
    return { id: path, outputs: { path } };
  },
  async remove(inputs, _made, context) {
    await tryVirsh(context, "vol-delete", "--pool", String(inputs.pool), String(inputs.name));
  },
};

interface KnownDomain {
  readonly name: string;
  readonly description?: string;
  readonly type: string;
  readonly memory: number;
  readonly memoryUnit: string;
  readonly vcpu: number;
  readonly autostart: boolean;
  readonly os: Record<"type" | "typeArch" | "typeMachine" | "kernel" | "initrd" | "cmdline", string> & {
    smBios: { mode: string };
  };
  readonly sysInfos: { smbios: { oemStrings: { entries: string[] } } }[];
  readonly features: { acpi: boolean };
  readonly devices: {
    disks: { device: string; driver: object; source: { file: { file: string } }; target: object }[];
    interfaces: { source: { network: object }; mac: object; model: object }[];
    consoles: { target: object }[];
    controllers: object[];
    memBalloon: object;
  };
}

export function domainXml(args: KnownDomain): string {
  const { os, devices } = args;
  const text = (tag: string, value: unknown, attributes = {}) => element(tag, attributes, escape(value));
  const disks = devices.disks.map(({ device, driver, source, target }) =>
    element(
      "disk",
      { type: "file", device },
      element("driver", { ...driver }) + element("source", source.file) + element("target", { ...target }),
    ),
  );
  const interfaces = devices.interfaces.map(({ source, mac, model }) =>
    element(
      "interface",
      { type: "network" },
      element("source", { ...source.network }) + element("mac", { ...mac }) + element("model", { ...model }),
    ),
  );
  const sysInfos = args.sysInfos.map(({ smbios }) =>
    element(
      "sysinfo",
      { type: "smbios" },
      element("oemStrings", {}, smbios.oemStrings.entries.map((entry) => text("entry", entry)).join("")),
    ),
  );
  return element(
    "domain",
    { type: args.type },
    [
      text("name", args.name),
      args.description ? text("description", args.description) : "",
      text("memory", args.memory, { unit: args.memoryUnit }),
      text("vcpu", args.vcpu),
      element(
        "os",
        {},
        [
          text("type", os.type, { arch: os.typeArch, machine: os.typeMachine }),
          text("kernel", os.kernel),
          text("initrd", os.initrd),
          text("cmdline", os.cmdline),
          element("smbios", { ...os.smBios }),
        ].join(""),
      ),
      ...sysInfos,
      element("features", {}, args.features.acpi ? "<acpi/>" : ""),
      element(
        "devices",
        {},
        [
          ...disks,
          ...interfaces,
          ...devices.consoles.map(({ target }) =>
            element("console", { type: "pty" }, element("target", { ...target })),
          ),
          ...devices.controllers.map((controller) => element("controller", { ...controller })),
          element("memballoon", { ...devices.memBalloon }),
        ].join(""),
      ),
    ].join(""),
  );
}

export const domain: Provider = {
  onChange: "removeFirst",
  async create(inputs, context) {
    const args = inputs as unknown as KnownDomain;
    await define(context, "define", domainXml(args));
    if (args.autostart) await virsh(context, "autostart", args.name);
    await virsh(context, "start", args.name);
    const uuid = (await virsh(context, "domuuid", args.name)).trim();
    return { id: uuid, outputs: { uuid } };
  },
  async remove(inputs, _made, context) {
    await tryVirsh(context, "destroy", String(inputs.name));
    await tryVirsh(context, "undefine", String(inputs.name));
  },
};

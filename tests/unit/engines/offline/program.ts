/**
 * Applies a tiny program with the offline engine, in its own process, because Pulumi's runtime is global.
 * usage: tsx program.ts SPEC    prints what happened as one line of JSON
 */
import { join } from "node:path";
import { local, remote } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { SiteCertificate } from "../../../../components/certificate";
import type { Counts, Progress } from "../../../../engines/display";
import { down, plan, up } from "../../../../engines/offline/engine";
import { forgetMachine } from "../../../../engines/offline/forget";
import type { Plan } from "../../../../engines/plan";
import { Journal, type Values } from "../../../../engines/offline/journal";
import { resolveSite } from "../../../../settings/resolve";

export interface Spec {
  readonly folder: string;
  readonly action?: "up" | "down" | "plan" | "forget";
  /** Names of random passwords. */
  readonly passwords?: readonly string[];
  /** Shell commands by name, each run after the one before it. */
  readonly commands?: Readonly<Record<string, string>>;
  /** Volumes of the pool `disks`, by name. */
  readonly volumes?: Readonly<Record<string, { readonly name: string; readonly capacity: number }>>;
  /** Machines by name, each with its memory; before one is replaced or removed, `leave NAME` runs over ssh. */
  readonly machines?: Readonly<Record<string, number>>;
  /** A site's certificate, and what it is laid down as. */
  readonly certificate?: { readonly validityDays: number; readonly renewalDays: number };
  /** How long ago the last run is to seem. */
  readonly hoursLater?: number;
  /** Whether the program fails on something that a command put out. */
  readonly misread?: boolean;
  /** Types that the program makes and the offline engine does not know. */
  readonly strangers?: readonly string[];
}

export interface Result {
  readonly counts?: Counts;
  readonly deleted?: number;
  readonly plan?: Plan;
  readonly error?: string;
  /** `started create command:local:Command::first` and so on. */
  readonly events: readonly string[];
  /** What the journal knows afterwards. */
  readonly keys: readonly string[];
  readonly outputs: Values;
}

class Stranger extends pulumi.CustomResource {}

function program(spec: Spec): Values {
  const outputs: Values = { project: pulumi.getProject(), stack: pulumi.getStack() };
  for (const name of spec.passwords ?? [])
    outputs[name] = new random.RandomPassword(name, { length: 24, special: false }).result;
  for (const [name, args] of Object.entries(spec.volumes ?? {}))
    outputs[name] = new libvirt.Volume(name, {
      ...args,
      pool: "disks",
      target: { format: { type: "raw" } },
    }).path;
  for (const [name, memory] of Object.entries(spec.machines ?? {})) {
    const { uuid } = new libvirt.Domain(`${name}-domain`, machine(name, memory));
    const connectionTo = (host: string) => ({ host, user: "ops", privateKey: "KEY", hostKey: "HOST KEY" });
    const [own, director] = [connectionTo(`${name}.test`), connectionTo("director.test")];
    new remote.Command(`${name}-leaves`, { connection: director, delete: `leave ${name}`, triggers: [uuid] });
    new remote.Command(`${name}-hands-over`, {
      connection: own,
      delete: `hand over ${name}`,
      triggers: [uuid],
    });
    new remote.Command(`${name}-guest-job`, { connection: own, create: `job ${name}`, triggers: [uuid] });
  }
  let last: pulumi.Resource | undefined;
  for (const [name, create] of Object.entries(spec.commands ?? {})) {
    const command = new local.Command(name, { create }, { dependsOn: last ? [last] : [] });
    outputs[name] = command.stdout;
    last = command;
  }
  if (spec.certificate) {
    const services = [{ name: "https", port: 443 }];
    const site = resolveSite("test", { tls: spec.certificate, services });
    const made = new SiteCertificate("tls", { site, settings: site.tls! });
    outputs.ca = made.caCertificate;
    outputs.files = made.files;
    const create = made.files.apply(({ certificate }) => `echo '${certificate}'`);
    outputs.laidDown = new local.Command("lay-down", { create }).stdout;
  }
  if (spec.misread)
    outputs.misread = new local.Command("words", { create: "echo words" }).stdout.apply((text) => {
      if (text === "words") throw new Error("words are no numbers");
      return Number(text);
    });
  for (const type of spec.strangers ?? []) new Stranger(type, "stranger", {});
  return outputs;
}

const machine = (name: string, memory: number): libvirt.DomainArgs => ({
  name,
  type: "qemu",
  memory,
  memoryUnit: "MiB",
  vcpu: 1,
  autostart: false,
  os: {
    type: "hvm",
    typeArch: "x86_64",
    typeMachine: "q35",
    kernel: "k",
    initrd: "i",
    cmdline: "c",
    smBios: { mode: "sysinfo" },
  },
  sysInfos: [],
  features: { acpi: true },
  devices: { disks: [], interfaces: [], consoles: [], controllers: [], memBalloon: { model: "none" } },
});

/** Takes `hours` off the time that is left to what was made. */
function age(journal: Journal, hours: number): void {
  for (const entry of journal.entries) {
    const end = entry.outputs.validityEndTime;
    if (typeof end !== "string") continue;
    const validityEndTime = new Date(Date.parse(end) - hours * 3_600_000).toISOString();
    journal.put({ ...entry, outputs: { ...entry.outputs, validityEndTime } });
  }
}

async function main(spec: Spec): Promise<Result> {
  const events: string[] = [];
  const progress: Progress = {
    started: (key, verb) => events.push(`started ${verb} ${key}`),
    said: (key, line) => events.push(`said ${key}: ${line}`),
    finished: (key, verb, error) => events.push(`${error ? "failed" : "finished"} ${verb} ${key}`),
  };
  const journal = new Journal(join(spec.folder, "journal"), "correct horse");
  age(journal, spec.hoursLater ?? 0);
  const after = () => ({ events, keys: journal.entries.map(({ key }) => key), outputs: journal.outputs });
  try {
    if (spec.action === "down") return { deleted: await down(journal, progress), ...after() };
    if (spec.action === "forget") {
      for (const name of Object.keys(spec.machines ?? {})) forgetMachine(journal, name);
      return after();
    }
    const args = { project: "tiny", stack: "test", config: {}, journal, progress };
    const all = { ...args, program: () => Promise.resolve(program(spec)) };
    if (spec.action === "plan") return { plan: await plan(all), ...after() };
    return { counts: await up(all), ...after() };
  } catch (error) {
    return { error: (error as Error).message, ...after() };
  }
}

void main(JSON.parse(process.argv[2]!) as Spec).then((result) => {
  console.log(JSON.stringify(result));
});

/** The order in which machines of a running site are replaced. */
import type * as pulumi from "@pulumi/pulumi";
import { libvirtNameOf } from "../settings/hypervisor";
import { present } from "../settings/lists";
import type { MachineSettings, SiteSettings } from "../settings/site";
import { afterLast } from "../settings/text";
import { sourceOf } from "../settings/webFiles";
import { identityPrefix, identityTmpfiles, kernelCommandLine } from "../templates/machine";
import type { Guest } from "./guest";

/** The domains of the stack that exist, by libvirt name, as `virsh dumpxml` prints them. */
export type StandingMachines = Readonly<Record<string, string>>;

interface Replaceable {
  readonly settings: MachineSettings;
  readonly guest: Guest;
}

/**
 * Machines are replaced one after another: each waits until the one before it has run its jobs. The order is the one in which they are
 * constructed. A machine that is new, or stays as it is, waits for nobody, so the first `up` of a site takes no longer.
 */
export class Rollout {
  private previous?: Replaceable;

  constructor(
    private readonly site: SiteSettings,
    private readonly standing: StandingMachines,
  ) {}

  /**
   * What must be there before the domain of `machine` is replaced. `rootDisk` is the name of its new root disk. A machine that pushes web
   * files waits for nobody: a real server that is replaced is ready only after a push.
   */
  turnOf(machine: Replaceable, rootDisk: string): pulumi.Resource[] {
    const { settings } = machine;
    if (sourceOf(this.site)?.name === settings.name) return [];
    const name = libvirtNameOf(this.site, settings);
    const xml = this.standing[name];
    if (xml === undefined || facts(xml) === wantedFacts(this.site, settings, rootDisk)) return [];
    const { previous } = this;
    this.previous = machine;
    return previous ? [present(previous.guest.lastJob, `job of ${previous.settings.name}`)] : [];
  }
}

/** The files of a machine's identity without its keys, which are not known before `up`. */
const withoutKeys = (identity: string): string[] =>
  identity.split("\n").filter((line) => !/authorized_keys|ssh_host/.test(line));

/** What a domain is, without values that only the engine knows. */
function facts(xml: string): string {
  const all = (pattern: RegExp) => [...xml.matchAll(pattern)].map(([, text = ""]) => text);
  const [entry = ""] = all(/<entry>([^<]*)<\/entry>/g);
  return JSON.stringify({
    memoryKiB: all(/<memory unit='KiB'>(\d+)</g).map(Number),
    vcpus: all(/<vcpu[^>]*>(\d+)</g).map(Number),
    cmdline: all(/<cmdline>([^<]*)</g),
    rootDisk: all(/<source file='([^']*)'/g)
      .slice(0, 1)
      .map((path) => afterLast(path, "/")),
    macs: all(/<mac address='([^']*)'/g),
    networks: all(/<source network='([^']*)'/g),
    identity: withoutKeys(Buffer.from(entry.slice(identityPrefix.length), "base64").toString()),
  });
}

/** As `facts`, of the domain that the settings ask for. */
function wantedFacts(site: SiteSettings, machine: MachineSettings, rootDisk: string): string {
  const networks = machine.nics.map(({ network }) => site.networks.find(({ name }) => name === network));
  return JSON.stringify({
    memoryKiB: [machine.memoryMiB * 1024],
    vcpus: [machine.vcpus],
    cmdline: [kernelCommandLine(machine)],
    rootDisk: [rootDisk],
    macs: machine.nics.map(({ mac }) => mac),
    networks: networks.map((network) => network?.libvirtName),
    identity: withoutKeys(identityTmpfiles({ machine, authorizedKey: "", hostKey: "" })),
  });
}

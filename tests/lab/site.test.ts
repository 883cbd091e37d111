/** The dev site on real machines: up, proven, changed, rebooted, backed up and restored, and down without a trace. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { machinesOf } from "../../settings/site";
import { engineFor } from "../../engines/engines";
import { journalFile } from "../../engines/offline/journal";
import type { StackOutputs } from "../../settings/outputs";
import { stateFolder } from "../../project/paths";
import { eventually, ensure as demand } from "../../verify/claim";
import { claimsOf } from "../../verify/claims";
import { testBackups } from "./backups";
import { type Ran, TestStack, broken, judged, testClaims, verdictsOf } from "./stack";
import { beside, filesBelow, traces } from "./traces";

const minutes = 60_000;
const stack = new TestStack("ci", "dr-wordpress", "172.16.0", "172.16.251");
const sameEngine = () => (existsSync(journalFile(stack.name)) ? ["--offline"] : []);

/** Claims whose proof injects a fault or waits long. They do not depend on a reboot. */
const apart = ["page-age", "page-stale", "page-nfs", "cron-takeover", "login-limit", "drain:web", "status"];

let outputs: StackOutputs;
let said = "";

async function up(): Promise<Ran> {
  const ran = await stack.run("up", [...sameEngine(), "--yes"]);
  said += ran.output;
  return ran;
}

/** The id and name of each running machine of the stack. The id changes when a machine is restarted. */
const running = () =>
  beside("virsh", "-q", "-c", "qemu:///system", "list", "--id", "--name")
    .output.trim()
    .split(/\s*\n\s*/)
    .filter((line) => line.includes(`lvs-${stack.name}-`));

const verify = (...ids: readonly string[]) => verdictsOf(stack.name, ...ids);

afterAll(async () => {
  // Nothing may remain, however the tests ended.
  await stack.run("down", ["--yes"], { quiet: true });
  stack.forget();
}, 5 * minutes);

describe("a site", () => {
  test(
    "half made by an interrupted up goes down without a trace",
    async () => {
      const interrupted = await stack.run("up", [], { interruptWhen: /Domain \S+-domain/ });
      expect(interrupted.code).not.toBe(0);
      expect(traces(stack.name)).not.toEqual([]);
      expect((await stack.run("down", ["--yes"])).code).toBe(0);
      expect(traces(stack.name)).toEqual([]);
    },
    20 * minutes,
  );

  test(
    "whose up is interrupted is finished by the next up",
    async () => {
      const interrupted = await stack.run("up", [], {
        interruptWhen: /Domain rs1-domain.*(created|\(\d)/,
      });
      said += interrupted.output;
      expect(interrupted.code).not.toBe(0);
      expect((await up()).code).toBe(0);
      outputs = engineFor(stack.name).outputs(stack.name)!;
    },
    20 * minutes,
  );

  testClaims(stack.name, stack.lab, async () => {
    const verdicts = await judged(stack.name, stack.lab);
    said += JSON.stringify(verdicts);
    return verdicts;
  });

  test("answers through the loopback port that up printed", async () => {
    const address = /WordPress\s+(http:\S+)/.exec(said)![1]!;
    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(outputs.site.wordpress.title);
  });

  test(
    "that is up already is left alone by another up",
    async () => {
      const { output } = await up();
      expect(output).toMatch(/\d+ unchanged/);
      expect(output).not.toMatch(/created|updated|replaced/);
    },
    2 * minutes,
  );

  test("tells its secrets to no log, argument list, domain, or other user", async () => {
    const read = async (machine: string, command: string) =>
      (await stack.run("ssh", [machine, command], { quiet: true })).output;
    const keyLines = (key: string) =>
      key
        .split("\n")
        .filter((line) => /^[A-Za-z0-9+/=]{60,}$/.test(line))
        .slice(1);
    const wpConfig = await read("nfs", "sudo cat /data/wordpress/wp-config.php");
    const salts = [...wpConfig.matchAll(/_(?:KEY|SALT)', '(\w+)'/g)].map((match) => match[1]!);
    expect(salts).toHaveLength(8);
    const machines = machinesOf(outputs.site).map(({ name }) => name);
    const hostKeys = await Promise.all(
      machines.map((name) => read(name, "sudo cat /etc/ssh/ssh_host_ed25519_key")),
    );
    const secrets = [
      outputs.adminPassword!,
      outputs.databasePassword!,
      ...salts,
      ...keyLines(outputs.operatorKey),
    ];

    const domain = (name: string) =>
      beside("virsh", "-c", "qemu:///system", "dumpxml", `lvs-${stack.name}-${name}`).output;
    const definitions = machines.map(domain).map((xml) => xml + identityOf(xml));
    const elsewhere = [said, ...commandLines(), ...filesBelow(stateFolder).map(readIfThere)];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      for (const text of [...elsewhere, ...definitions]) expect(text.includes(secret)).toBe(false);
    }
    // A machine gets its host key through its libvirt domain, so the domain has it. No log may have it.
    expect(hostKeys.flatMap(keyLines).length).toBeGreaterThanOrEqual(machines.length);
    for (const line of hostKeys.flatMap(keyLines)) expect(said.includes(line)).toBe(false);
    expect(statSync(join(stateFolder, "passphrase")).mode & 0o777).toBe(0o600);
  }, 60_000);

  test(
    "takes a new scheduler and weight with one update, and serves by them",
    async () => {
      stack.set(["services", 0, "scheduler"], "wrr");
      stack.set(["realServers", 0, "weight"], 3);
      const { output } = await up();
      expect(output).toMatch(/1 updated, \d+ unchanged|~ 1 updated/);
      expect(output).not.toMatch(/created|replaced|deleted/);
      expect(broken(await verify("distribution:web", "ipvs-table"))).toEqual([]);
    },
    10 * minutes,
  );

  test(
    "takes another real server, touching no other machine",
    async () => {
      stack.set(["realServers", 2], { name: "rs3", address: "172.16.251.36", weight: 1 });
      const before = running();
      expect((await up()).code).toBe(0);
      expect(running()).toEqual(expect.arrayContaining(before));
      const concerned = [
        "ipvs-table",
        "distribution",
        "ready",
        "upload",
        "database-clients",
        "nfs-clients",
        "reach",
      ];
      expect(broken(await verify(...concerned))).toEqual([]);
    },
    15 * minutes,
  );

  test(
    "lets a real server go",
    async () => {
      stack.reset();
      // There are no open connections here. edits.ts tests draining.
      stack.set(["director", "drainSeconds"], 5);
      expect((await up()).code).toBe(0);
      expect(traces(stack.name)).not.toContain(`lvs-${stack.name}-rs3`);
    },
    10 * minutes,
  );

  test(
    "keeps its promises after a reboot of every machine",
    async () => {
      const onEach = (command: string) =>
        Promise.all(
          machinesOf(outputs.site).map(({ name }) => stack.run("ssh", [name, command], { quiet: true })),
        );
      const boots = async () =>
        (await onEach("cat /proc/sys/kernel/random/boot_id")).map(({ output }) => output.trim());
      const before = await boots();

      await onEach("sudo systemctl reboot");
      await eventually(300, async () => {
        const now = await boots();
        demand(
          now.every((id, index) => /^[-0-9a-f]{36}$/.test(id) && id !== before[index]),
          now.join("\n"),
        );
      });
      await stack.untilWell(5);
      const ids = claimsOf(outputs.site).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(apart));
      expect(broken(await verify(...ids.filter((id) => !apart.includes(id))))).toEqual([]);
    },
    15 * minutes,
  );

  describe("has its backups:", () => testBackups(stack));

  test(
    "goes down without a trace, and a second down finds nothing to do",
    async () => {
      expect((await stack.run("down", ["--yes"])).code).toBe(0);
      expect(traces(stack.name)).toEqual([]);
      const kept = filesBelow(stateFolder).filter((file) => /(rehearsal|forward|scratch)\/ci\b/.test(file));
      expect(kept).toEqual([]);
      expect((await stack.run("down", ["--yes"])).code).toBe(0);
    },
    5 * minutes,
  );
});

/** Returns the SMBIOS strings that a domain gives its machine, with their base64 decoded. */
function identityOf(xml: string): string {
  const credential = /tmpfiles\.extra=([A-Za-z0-9+/=]+)/.exec(xml)![1]!;
  const lines = Buffer.from(credential, "base64").toString();
  const contents = [...lines.matchAll(/ - ([A-Za-z0-9+/=]{8,})$/gm)].map((match) =>
    Buffer.from(match[1]!, "base64").toString(),
  );
  return [lines, ...contents].join("\n");
}

/** The content of a file, which another stack's command may remove at any time. */
const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
};

const commandLines = (): string[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => readIfThere(`/proc/${pid}/cmdline`));

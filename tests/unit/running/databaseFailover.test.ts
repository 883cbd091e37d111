import { resolveSite } from "../../../settings/resolve";
import { type DatabaseStatus, databaseHealth } from "../../../running/database";
import { type HandoverArgs, handOver } from "../../../running/databaseFailover";
import type { RunningSite, ExecResult } from "../../../running/runningSite";

const [now, next] = (["mysql", "mysql2"] as const).map((primary) =>
  resolveSite("dev", { mysql: { replica: true, primary } }),
) as [ReturnType<typeof resolveSite>, ReturnType<typeof resolveSite>];

const primary: DatabaseStatus = {
  role: "primary",
  gtid: "0-1-7",
  replicas: 1,
  semiSynchronous: true,
  following: false,
  applying: false,
  intact: false,
  lagSeconds: null,
  silentSeconds: null,
  error: "",
};
const replica: DatabaseStatus = {
  ...primary,
  role: "replica",
  following: true,
  applying: true,
  intact: true,
  lagSeconds: 0,
  silentSeconds: 0,
};

const dead: ExecResult = { code: 255, stdout: "", stderr: "no route to host" };
const fine: ExecResult = { code: 0, stdout: "", stderr: "" };

/** A hypervisor that knows one state, and answers a `destroy`; `told` is what it is told to change. */
function hypervisor(state = "running", destroyed: ExecResult = fine) {
  const told: string[] = [];
  const virsh = (...args: string[]): Promise<ExecResult> => {
    if (args[0] === "domstate") return Promise.resolve({ ...fine, stdout: `${state}\n` });
    told.push(args.join(" "));
    return Promise.resolve(args[0] === "destroy" ? destroyed : fine);
  };
  return { told, virsh };
}

/** Machines that do as they are told but for what `otherwise` says of them, and what they were told. */
function labOf(otherwise: (machine: string, script: string) => ExecResult | undefined = () => undefined) {
  const told: string[] = [];
  const exec = (machine: string, script: string): Promise<ExecResult> => {
    const said = otherwise(machine, script);
    const role = /^ROLE=.*$/m.exec(script)?.[0];
    const host = /'DB_HOST', '(.*)'/.exec(script)?.[1];
    const what = role ?? host ?? script;
    told.push(`${machine}: ${what}${said && said.code !== 0 ? " failed" : ""}`);
    const status = script === "lvs-mysql status" && JSON.stringify(machine === "mysql" ? primary : replica);
    return Promise.resolve(said ?? { ...fine, stdout: status || "" });
  };
  return { told, lab: { site: now, exec } as unknown as RunningSite };
}

const run = (
  { lab: running, told }: ReturnType<typeof labOf>,
  { virsh } = hypervisor(),
  options: Partial<HandoverArgs> = {},
): Promise<string[]> =>
  handOver({
    ...{ running, now, next, virsh, done: () => told.push("written down") },
    ...{ acceptLoss: false, say: () => undefined, ...options },
  });

const status = (told: DatabaseStatus): ExecResult => ({ ...fine, stdout: JSON.stringify(told) });

test("the former primary is fenced before the replica is promoted, and the real servers follow once that is written down", async () => {
  const [fake, host] = [labOf(), hypervisor()];
  expect(await run(fake, host)).toEqual([]);
  expect(fake.told.slice(0, 4)).toEqual([
    "mysql2: lvs-mysql status",
    "mysql: lvs-mysql fence",
    "mysql2: ROLE=primary",
    "written down",
  ]);
  expect(fake.told.slice(4).sort()).toEqual(["mysql: ROLE=replica", "rs1: 172.16.0.25", "rs2: 172.16.0.25"]);
  expect(host.told).toEqual([]);
});

test.each([
  ["does not answer", "running"],
  ["is frozen", "paused"],
])("a primary that %s is powered off, stays off, and is brought back later", async (_what, state) => {
  const host = hypervisor(state);
  const fake = labOf((machine) => (machine === "mysql" ? dead : undefined));
  expect(await run(fake, host)).toEqual(["mysql"]);
  expect(host.told).toEqual(["destroy lvs-dev-mysql", "autostart --disable lvs-dev-mysql"]);
  expect(fake.told).toContain("mysql2: ROLE=primary");
});

test("a primary that is off already is not waited for", async () => {
  const host = hypervisor("shut off", { ...dead, stderr: "error: domain is not running" });
  const fake = labOf((machine) => (machine === "mysql" ? dead : undefined));
  expect(await run(fake, host)).toEqual(["mysql"]);
  expect(fake.told).not.toContain("mysql: lvs-mysql fence failed");
});

test("a primary that cannot be fenced keeps its part", async () => {
  const host = hypervisor("running", { ...dead, stderr: "error: no connection" });
  const fake = labOf((machine) => (machine === "mysql" ? dead : undefined));
  await expect(run(fake, host)).rejects.toThrow(
    "mysql could not be fenced: error: no connection; nothing was changed",
  );
  expect(fake.told.join()).not.toMatch(/ROLE|written/);
});

test.each<[string, ExecResult, string]>([
  ["does not answer", dead, "mysql2 does not answer; nothing was changed"],
  [
    "is not whole",
    {
      ...fine,
      stdout: JSON.stringify({
        ...replica,
        following: false,
        applying: false,
        intact: false,
        error: "no table",
      }),
    },
    "mysql2 does not follow: no table; nothing was changed",
  ],
  [
    "replicates from no machine",
    { ...fine, stdout: JSON.stringify({ ...replica, role: "fenced" }) },
    "mysql2 replicates from no machine; nothing was changed",
  ],
])("a replica that %s is not promoted", async (_what, said, message) => {
  const fake = labOf((machine) => (machine === "mysql2" ? said : undefined));
  await expect(run(fake)).rejects.toThrow(message);
  expect(fake.told).toHaveLength(1);
});

test("a replica of a primary with a new disk, which takes no writes, is promoted", async () => {
  const broken = { ...replica, following: false, intact: false, error: "not in the master's binlog" };
  const statuses = { mysql: { ...primary, role: "fenced" }, mysql2: broken } as const;
  const fake = labOf((machine, script) =>
    script === "lvs-mysql status"
      ? { ...fine, stdout: JSON.stringify(statuses[machine as "mysql" | "mysql2"]) }
      : undefined,
  );
  expect(await run(fake)).toEqual([]);
  expect(fake.told).toContain("mysql2: ROLE=primary");
});

test("the new primary is told how far the fenced one was", async () => {
  const scripts: string[] = [];
  const fake = labOf((_machine, script) => {
    scripts.push(script);
    return script === "lvs-mysql fence" ? { ...fine, stdout: "0-1-9\n" } : undefined;
  });
  await run(fake);
  expect(scripts.find((script) => script.includes("ROLE=primary"))).toMatch(
    /\nlvs-mysql apply fenced 0-1-9\n$/,
  );
});

describe("a former primary that is silent:", () => {
  const silent = (silentSeconds: number | null) =>
    labOf((machine, script) => {
      if (machine === "mysql") return dead;
      return script === "lvs-mysql status"
        ? status({ ...replica, following: false, silentSeconds })
        : undefined;
    });

  test.each<[string, number | null, string]>([
    ["for long", 90_000, "it has heard nothing from mysql for 90000 s"],
    [
      "for an unknown time, as after a restart",
      null,
      "it is unknown for how long it has heard nothing from mysql",
    ],
  ])(
    "a replica that heard nothing of it %s is promoted by --accept-loss alone",
    async (_what, seconds, heard) => {
      const [fake, host] = [silent(seconds), hypervisor()];
      await expect(run(fake, host)).rejects.toThrow(
        `what mysql committed without mysql2 would be lost: ${heard}; npm run promote-db -- dev --accept-loss promotes mysql2 anyway; mysql was left as it is`,
      );
      expect([host.told, fake.told.join()]).toEqual([[], expect.not.stringMatching(/ROLE|written/)]);
      expect(await run(silent(seconds), host, { acceptLoss: true })).toEqual(["mysql"]);
    },
  );

  test("it is told how far a replica is that heard it until just now", async () => {
    const said: string[] = [];
    await run(silent(20), hypervisor(), { say: (line) => said.push(line) });
    expect(said[0]).toBe(
      "mysql does not answer; mysql2 is at 0-1-7, and it has heard nothing from mysql for 20 s",
    );
  });
});

test("a primary that is merely slow is not powered off", async () => {
  const host = hypervisor();
  const slow = { ...dead, code: 1, stderr: "ERROR 1205 (HY000) at line 2: Lock wait timeout exceeded" };
  const fake = labOf((_machine, script) => (script === "lvs-mysql fence" ? slow : undefined));
  await expect(run(fake, host)).rejects.toThrow("mysql is running a long statement; nothing was changed");
  expect(host.told).toEqual([]);
});

describe("where the replica does not become the primary,", () => {
  const failing = (more: (machine: string, script: string) => ExecResult | undefined = () => undefined) =>
    labOf((machine, script) =>
      machine === "mysql2" && script.includes("ROLE=primary")
        ? { ...dead, code: 1, stderr: "could not catch up" }
        : more(machine, script),
    );

  test("it is fenced, then the former one takes writes again and is followed", async () => {
    const fake = failing();
    await expect(run(fake)).rejects.toThrow(
      "mysql2 did not become the primary, mysql takes writes again: could not catch up",
    );
    expect(fake.told.slice(-4)).toEqual([
      "mysql2: lvs-mysql status",
      "mysql2: lvs-mysql fence",
      "mysql: ROLE=primary",
      "mysql2: ROLE=replica",
    ]);
    expect(fake.told).not.toContain("written down");
  });

  test("one that does not answer is powered off before the former one takes writes again", async () => {
    const host = hypervisor();
    const fake = failing((_machine, script) =>
      script === "lvs-mysql fence" && fake.told.includes("mysql2: ROLE=primary failed") ? dead : undefined,
    );
    await expect(run(fake, host)).rejects.toThrow("mysql takes writes again");
    expect(host.told).toEqual(["destroy lvs-dev-mysql2", "autostart --disable lvs-dev-mysql2"]);
  });

  test("none takes writes as long as that one cannot be stopped", async () => {
    const fake = failing((_machine, script) =>
      script === "lvs-mysql fence" && fake.told.includes("mysql2: ROLE=primary failed") ? dead : undefined,
    );
    await expect(run(fake, hypervisor("running", { ...dead, stderr: "no connection" }))).rejects.toThrow(
      "mysql takes no writes, because mysql2 could not be fenced and may still take them: could not catch up",
    );
    expect(fake.told).not.toContain("mysql: ROLE=primary");
  });

  test("but it did and its word got lost, it is the primary", async () => {
    const fake = failing((machine, script) =>
      machine === "mysql2" &&
      script === "lvs-mysql status" &&
      fake.told.includes("mysql2: ROLE=primary failed")
        ? status(primary)
        : undefined,
    );
    expect(await run(fake)).toEqual([]);
    expect(fake.told).toContain("written down");
  });
});

test("backups are made of the new primary at once", async () => {
  const backed = (["mysql", "mysql2"] as const).map((primary) =>
    resolveSite("dev", { mysql: { replica: true, primary }, backup: {} }),
  );
  const [before, after] = backed as [typeof now, typeof next];
  const fake = labOf();
  const { virsh } = hypervisor();
  const said: string[] = [];
  const done = () => undefined;
  const say = (line: string) => said.push(line);
  await handOver({ running: fake.lab, now: before, next: after, virsh, done, acceptLoss: false, say });
  expect(said).toContain("nfs backs mysql2 up");
  const laid = fake.told.find((line) => line.startsWith("nfs: "))!;
  expect(laid).toContain("\nDATABASE=172.16.0.25\n");
  expect(laid).toContain(
    "install -m 600 -o root -g root /var/lib/lvs/nfs-server/backup.conf /etc/lvs/backup.conf\n",
  );
});

test("a real server that does not answer is named", async () => {
  expect(await run(labOf((machine) => (machine === "rs2" ? dead : undefined)))).toEqual(["rs2"]);
});

describe("status", () => {
  const health = (statuses: Record<string, DatabaseStatus | undefined>) => {
    const exec = (name: string) =>
      Promise.resolve(statuses[name] ? { ...fine, stdout: JSON.stringify(statuses[name]) } : dead);
    return databaseHealth({ site: now, exec } as unknown as RunningSite);
  };

  test("tells each machine's part, and that all is well", async () => {
    expect(await health({ mysql: primary, mysql2: replica })).toEqual({
      machines: [
        { name: "mysql", status: primary },
        { name: "mysql2", status: replica },
      ],
      text: `database  role     replication                     GTID
mysql     primary  semi-synchronous, 1 confirming  0-1-7
mysql2    replica  0 s behind                      0-1-7`,
      well: true,
    });
  });

  test.each<[string, Record<string, DatabaseStatus | undefined>, string]>([
    [
      "a replica that is gone",
      { mysql: { ...primary, semiSynchronous: false } },
      "asynchronous: no replica confirms",
    ],
    [
      "a replica that broke off",
      { mysql: primary, mysql2: { ...replica, following: false, error: "no table" } },
      "broken off: no table",
    ],
    [
      "a machine that is fenced",
      { mysql: { ...primary, role: "fenced" }, mysql2: primary },
      "replicates from no machine",
    ],
    ["two primaries", { mysql: primary, mysql2: primary }, "primary"],
    ["no primary", { mysql: replica, mysql2: replica }, "replica"],
  ])("does not call %s well", async (_what, statuses, text) => {
    const found = await health(statuses);
    expect(found!.well).toBe(false);
    expect(found!.text).toContain(text);
  });

  test("has nothing to tell of a database of one machine", async () => {
    const site = resolveSite("dev", {});
    expect(await databaseHealth({ site } as unknown as RunningSite)).toBeUndefined();
  });
});

/** `@pulumi/command` for the offline engine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Finished, run } from "./process";
import type { Values } from "./journal";
import type { Context, Provider } from "./provider";

interface Connection {
  readonly host: string;
  readonly user: string;
  readonly privateKey: string;
  readonly hostKey: string;
}

/** ssh's exit code for a failed connection, as opposed to a failed command. */
const connectionFailed = 255;
const remoteDeadlineMs = 20 * 60_000;
/** For a command on a machine that stands. */
const removeDeadlineMs = 60_000;

export const localCommand: Provider = {
  async create(inputs, { name, say }) {
    const finished = await run("/bin/sh", ["-c", String(inputs.create)], {
      onStderr: (text) => text.trim().split("\n").forEach(say),
    });
    return { id: name, outputs: outcome(name, finished) };
  },
};

export const remoteCommand: Provider = {
  async create(inputs, context) {
    const { name } = context;
    if (inputs.create === undefined) return { id: name, outputs: { stdout: "", stderr: "" } };
    const finished = await runRemote(inputs, String(inputs.create), remoteDeadlineMs, context);
    return { id: name, outputs: outcome(name, finished) };
  },
  async remove(inputs, _made, context) {
    if (inputs.delete === undefined) return;
    outcome(context.name, await runRemote(inputs, String(inputs.delete), removeDeadlineMs, context));
  },
};

/** Runs `command` over ssh, and tries again until the machine answers. @throws when it does not answer in time */
async function runRemote(
  inputs: Values,
  command: string,
  deadlineMs: number,
  { say }: Context,
): Promise<Finished> {
  const connection = inputs.connection as Connection;
  const folder = mkdtempSync(join(tmpdir(), "lvs-ssh-"));
  try {
    writeFileSync(join(folder, "key"), connection.privateKey, { mode: 0o600 });
    writeFileSync(join(folder, "known_hosts"), `${connection.host} ${connection.hostKey}`);
    const deadline = Date.now() + deadlineMs;
    for (let tries = 1; ; tries += 1) {
      const finished = await ssh(folder, connection, command, String(inputs.stdin ?? ""));
      if (finished.code !== connectionFailed) return finished;
      const refused = /Host key verification failed|Permission denied/.test(finished.stderr);
      if (refused || Date.now() > deadline) throw new Error(`${connection.host}: ${finished.stderr.trim()}`);
      if (tries === 1) say("waiting for the machine to boot");
      await sleep(500);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function ssh(folder: string, { host, user }: Connection, command: string, input: string): Promise<Finished> {
  const options = {
    BatchMode: "yes",
    // The time for the banner too: a busy machine that is given up starts one sshd after another.
    ConnectTimeout: "60",
    IdentitiesOnly: "yes",
    IdentityFile: join(folder, "key"),
    ServerAliveInterval: "15",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: join(folder, "known_hosts"),
  };
  const flags = Object.entries(options).flatMap(([option, value]) => ["-o", `${option}=${value}`]);
  return run("ssh", ["-F", "none", ...flags, `${user}@${host}`, command], { input });
}

/** The outputs of a command. @throws when it failed, with the last 15 lines of its output */
function outcome(name: string, { code, stdout, stderr }: Finished): Record<string, string> {
  if (code !== 0)
    throw new Error(
      `${name} ended with ${code}:\n${(stderr || stdout).trim().split("\n").slice(-15).join("\n")}`,
    );
  return { stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** A running site, seen from the client's side: its machines through ssh, its services through HTTP. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkServerIdentity } from "node:tls";
import { type MachineSettings, type SiteSettings, machinesOf } from "../settings/site";
import { operator } from "../templates/machine";
import type { StackOutputs } from "../settings/outputs";
import { type NonEmpty, present } from "../settings/lists";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer with its connection, which is still open. */
export interface OpenHttpAnswer extends HttpAnswer {
  readonly socket: Socket;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Base URL of the path. Default: the site's URL. */
  readonly base?: string;
  /** Address and port to connect to. Default: those of the URL. */
  readonly via?: { readonly address: string; readonly port: number };
  /** Source address, one of this host. Default: chosen by the kernel. */
  readonly localAddress?: string;
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Seconds for which an idle ssh connection stays open. A handshake takes half a second of an emulated CPU. */
const keptSeconds = 300;

/** The exit code of ssh when the connection breaks. */
export const cutOff = 255;

const late: ExecResult = { code: 124, stdout: "", stderr: "no connection in time" };

/** The connection broke, or the call took too long. */
export const noAnswer: readonly number[] = [cutOff, late.code];

/** Resolves with the result of `asked`, or with `late` after the timeout. The call itself is not cancelled. */
function within(timeoutMs: number, asked: Promise<ExecResult>): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), timeoutMs);
    void asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const interrupted = () => process.exit(130);

export class RunningSite {
  /** The settings of the last `up`. `findActiveDirector` and `findDrained` update them to the present state. */
  site: SiteSettings;
  /** The site's own CA certificate, PEM. Undefined without TLS and with a certificate of the user's own. */
  readonly caCertificate?: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "lvs-lab-"));
  private readonly atExit = () => this.close();
  /** Connections that are open or being opened, by machine name. */
  private readonly connections = new Map<string, Promise<ExecResult>>();

  constructor(readonly outputs: StackOutputs) {
    this.site = outputs.site;
    this.caCertificate = outputs.caCertificate ?? undefined;
    process.once("exit", this.atExit);
    process.once("SIGINT", interrupted);
    writeFileSync(join(this.folder, "key"), outputs.operatorKey, { mode: 0o600 });
    const hosts = machinesOf(this.site).map(
      ({ name, address }) =>
        `${address} ${present(outputs.hostKeys[name], `ssh host key of ${name}`).trim()}\n`,
    );
    writeFileSync(join(this.folder, "known_hosts"), hosts.join(""), { mode: 0o600 });
  }

  /** Makes the director that holds the VIPs now `site.director`, and the other one `site.secondDirector`. */
  async findActiveDirector(): Promise<void> {
    const { director, secondDirector } = this.site;
    if (!secondDirector || (await this.isActive(director))) return;
    if (await this.isActive(secondDirector))
      this.site = { ...this.site, director: secondDirector, secondDirector: director };
  }

  /** Whether a director is active: it holds the first VIP now. False when it does not answer. */
  async isActive({ name }: MachineSettings): Promise<boolean> {
    const script = `ip -o address show to ${this.site.services[0].vip} | grep -q .`;
    return (await this.exec(name, script)).code === 0;
  }

  /** Ends the ssh connections and removes the key. */
  close(): void {
    process.off("exit", this.atExit);
    process.off("SIGINT", interrupted);
    for (const { name } of machinesOf(this.site)) {
      if (!existsSync(this.socketOf(name))) continue;
      const [program, ...args] = this.endCommand(name);
      spawnSync(program, args, { stdio: "ignore" });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  machine(name: string): MachineSettings {
    const found = machinesOf(this.site).find((machine) => machine.name === name);
    if (found) return found;
    throw new Error(
      `there is no machine ${name}; machines: ${machinesOf(this.site)
        .map((known) => known.name)
        .join(", ")}`,
    );
  }

  /** The ssh command line for a machine. All sessions of a machine share one connection. */
  sshCommand(name: string): NonEmpty<string> {
    const options = {
      BatchMode: "yes",
      ConnectTimeout: "20",
      ControlMaster: "auto",
      ControlPath: this.socketOf(name),
      ControlPersist: String(keptSeconds),
      IdentitiesOnly: "yes",
      IdentityFile: join(this.folder, "key"),
      LogLevel: "ERROR",
      ServerAliveCountMax: "6",
      ServerAliveInterval: "5",
      StrictHostKeyChecking: "yes",
      UserKnownHostsFile: join(this.folder, "known_hosts"),
    };
    const flags = Object.entries(options).flatMap(([option, value]) => ["-o", `${option}=${value}`]);
    return ["ssh", "-F", "none", ...flags, `${operator}@${this.machine(name).address}`];
  }

  /** The control socket of the shared ssh connection. */
  private socketOf(name: string): string {
    return join(this.folder, `to-${name}`);
  }

  private endCommand(name: string): NonEmpty<string> {
    const [program, ...options] = this.sshCommand(name);
    return [program, "-O", "exit", ...options];
  }

  /** Closes the shared connection to a machine that goes down. Otherwise the next command would hang. */
  async hangUp(name: string): Promise<void> {
    this.connections.delete(name);
    await execHere(this.endCommand(name));
  }

  /**
   * Runs a bash script on a machine as root. Does not throw when the script fails: the code is the script's, 124 after the
   * timeout, or 255 when ssh fails. The script travels on standard input.
   */
  async exec(name: string, script: string, timeoutMs = 60_000): Promise<ExecResult> {
    const started = Date.now();
    const connection = this.connect(name);
    const opened = await within(timeoutMs, connection);
    if (opened.code !== 0) return opened;
    const left = Math.max(1, timeoutMs - (Date.now() - started));
    const said = await execHere([...this.sshCommand(name), "sudo bash -s"], script, left);
    if (said.code === cutOff && this.connections.get(name) === connection) this.connections.delete(name);
    return said;
  }

  /** Opens the shared connection, or waits for one that is being opened. */
  private connect(name: string): Promise<ExecResult> {
    const known = this.connections.get(name);
    if (known) return known;
    const connection = execHere([...this.sshCommand(name), "true"], "", 60_000);
    this.connections.set(name, connection);
    const forget = () => this.connections.get(name) === connection && this.connections.delete(name);
    void connection.then(({ code }) => code !== 0 && forget(), forget);
    return connection;
  }

  /** As `exec`, for a script that must succeed. Resolves with its trimmed standard output. @throws Error with its standard error */
  async execOk(name: string, script: string, timeoutMs?: number): Promise<string> {
    const { code, stdout, stderr } = await this.exec(name, script, timeoutMs);
    if (code !== 0) throw new Error(`${name}: ${(stderr || stdout).trim() || `exit ${code}`}`);
    return stdout.trim();
  }

  /** Sends one request on a new connection and closes it. */
  async get(path: string, asking: RequestOptions = {}): Promise<HttpAnswer> {
    const answer = await this.open(path, asking, false);
    answer.socket.destroy();
    return answer;
  }

  /** Sends one request on a new connection, which stays open until the caller closes it. */
  open(path: string, asking: RequestOptions = {}, keepAlive = true): Promise<OpenHttpAnswer> {
    const url = new URL(path, asking.base ?? this.outputs.url);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const secure = url.protocol === "https:";
    const { request, Agent } = secure ? https : http;
    return new Promise((resolve, reject) => {
      const options: https.RequestOptions = {
        host: asking.via?.address ?? host,
        port: asking.via?.port ?? (url.port || (secure ? 443 : 80)),
        path: url.pathname + url.search,
        method: asking.method ?? "GET",
        headers: { host: url.host, ...asking.headers },
        agent: new Agent({ keepAlive }),
        timeout: asking.timeoutMs ?? 60_000,
        localAddress: asking.localAddress,
        ...(secure && {
          ca: this.caCertificate,
          rejectUnauthorized: this.caCertificate !== undefined,
          // A real server shows the site's certificate at its own address too.
          checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
        }),
      };
      const sent = request(options, (response) => {
        // The response gives up its socket when it ends.
        const { socket } = response;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            // A response that was received has a status (node:http).
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            socket,
          }),
        );
        response.on("error", reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`${url.href}: no answer in time`)));
      sent.on("error", reject);
      sent.end(asking.body);
    });
  }
}

/**
 * Runs a program on this host, with a text or an open file as its standard input. Does not throw when the program fails; the code is 124
 * after the timeout.
 */
export function execHere(
  [program, ...args]: NonEmpty<string>,
  input: string | { readonly fd: number } = "",
  timeoutMs = 60_000,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const stdin = typeof input === "string" ? "pipe" : input.fd;
    const child = spawn(program, args, { stdio: [stdin, "pipe", "pipe"], timeout: timeoutMs });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    // "exit", not "close": a shared ssh connection stays in the background and keeps standard error open.
    child.on("exit", (code) => setTimeout(() => resolve({ code: code ?? 124, stdout, stderr }), 20));
    child.stdin?.on("error", () => undefined).end(input);
  });
}

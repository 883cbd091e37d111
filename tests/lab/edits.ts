/** Changes of a running stack through its stack file: only what differs is changed, and open downloads are not cut off. */
import { type TrickleResult, trickle } from "./traffic";
import { TestStack, npmRun } from "./stack";
import { startBeside } from "./traces";

const minutes = 60_000;
export const edited = new TestStack("edits", "ipv6", "172.16.40", "192.168.252");
const vip = "192.168.252.40";
const fourMiB = 4 * 2 ** 20;

/** Starts a download that takes a minute. Resolves with the number of bytes received. */
const download = async (): Promise<number> => {
  const args = ["-sS", "-o", "/dev/null", "-w", "%{size_download}", "--max-time", "240"];
  const { output } = await startBeside("curl", ...args, `http://${vip}/slow`);
  return Number(output);
};

const answer = async (): Promise<string> =>
  (await startBeside("curl", "-sS", "--max-time", "10", `http://${vip}/whoami`)).output;

const up = async (...options: string[]): Promise<string> => {
  const { code, output } = await edited.run("up", options);
  expect(code).toBe(0);
  return output;
};

edited.set(["director", "drainSeconds"], 120);

/** Tests on `edited`, which must be up. */
export function testEdits(): void {
  test(
    "another scheduler, weights, persistence and a further service are updates alone, and downloads run on through them",
    async () => {
      const downloads = [download(), download()];
      edited.set(["services", 1, "scheduler"], "wlc");
      edited.set(["services", 1, "persistence"], { timeoutSeconds: 5 });
      edited.set(["realServers", 0, "weight"], 3);
      edited.set(["services", 2], { name: "more", vip, port: 8080, scheduler: "wrr" });
      const output = await up();
      expect(output).toMatch(/3 updated, \d+ unchanged|~ 3 updated/);
      expect(output).not.toMatch(/created|replaced|deleted/);
      const more = await startBeside("curl", "-sS", "--max-time", "10", `http://${vip}:8080/whoami`);
      expect(more.output).toContain("port=8080");
      expect(await Promise.all(downloads)).toEqual([fourMiB, fourMiB]);
    },
    10 * minutes,
  );

  test(
    "a real server is added while requests go on",
    async () => {
      edited.set(["services", 1, "persistence"], undefined);
      edited.set(["services", 1, "scheduler"], "rr");
      edited.set(["realServers", 2], { name: "rs3", address: "192.168.252.34" });
      const requests = trickle(`http://${vip}/whoami`);
      await up();
      const seen: TrickleResult = await requests.stop();
      expect(seen.failures).toEqual([]);
      expect(seen.realServers).toContain("rs3");
    },
    15 * minutes,
  );

  test(
    "a real server is drained before it goes: no request fails, and its download ends whole",
    async () => {
      // Round robin gives each of the three real servers one download.
      const downloads = [download(), download(), download()];
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const requests = trickle(`http://${vip}/whoami`);
      edited.set(["realServers", 2], undefined);
      expect(await edited.run("up")).toMatchObject({
        code: 1,
        output: expect.stringContaining("this removes rs3. Go on? There is no terminal to answer: add --yes"),
      });
      await up("--yes");
      const seen = await requests.stop();
      expect(seen.failures).toEqual([]);
      expect(seen.realServers).not.toContain("rs3");
      expect(await Promise.all(downloads)).toEqual([fourMiB, fourMiB, fourMiB]);
    },
    15 * minutes,
  );

  test(
    "real servers are replaced one after another: no request fails, and a download ends whole",
    async () => {
      // One on each real server: it has to end before that machine goes.
      const downloads = [download(), download()];
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const requests = trickle(`http://${vip}/whoami`);
      for (const server of [0, 1]) edited.set(["realServers", server, "memoryMiB"], 300);
      const { output } = await edited.run("up", ["--preview"]);
      expect(output).toMatch(/rs1 +replaced \(memory\) +nothing: it is drained first/);
      expect(await up("--yes")).toMatch(/\b2 replaced\b/);
      const seen = await requests.stop();
      expect(seen.failures).toEqual([]);
      const answers = [await answer(), await answer(), await answer(), await answer()].join("\n");
      expect(answers).toContain("real-server=rs1");
      expect(answers).toContain("real-server=rs2");
      expect(await Promise.all(downloads)).toEqual([fourMiB, fourMiB]);
    },
    15 * minutes,
  );

  test(
    "a scheduler that the kernel lacks is refused by name, and the live table stays as it was",
    async () => {
      const table = () => npmRun("ssh", [edited.name, "director", "sudo ipvsadm -Sn"], { quiet: true });
      const before = (await table()).output;
      const remove = "sudo rm /lib/modules/*/kernel/net/netfilter/ipvs/ip_vs_twos.ko* && sudo depmod";
      await npmRun("ssh", [edited.name, "director", remove], { quiet: true });
      edited.set(["services", 1, "scheduler"], "twos");
      const { code, output } = await edited.run("up");
      expect(code).not.toBe(0);
      expect(output).toContain("this kernel has no scheduler twos");
      expect((await table()).output).toBe(before);
      edited.set(["services", 1, "scheduler"], "rr");
      await up();
      expect((await table()).output).toBe(before);
    },
    10 * minutes,
  );
}

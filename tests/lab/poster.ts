/**
 * usage: poster.ts STACK: twice at a time, as WordPress's administrator, publishes posts through the VIP until standard input
 * ends, and prints `posted TITLE` for each that was answered with success, `failed` for any other. Runs beside the machines.
 */
import { frontWay } from "../../settings/site";
import { outputsOf } from "../../engines/engines";
import { RunningSite } from "../../running/runningSite";
import { Administrator } from "../../verify/probing/administrator";
import { untilInputEnds } from "./writing";

async function post(administrator: Administrator, who: string, ended: () => boolean): Promise<void> {
  for (let count = 1; !ended(); count += 1) {
    const title = `posted at ${Date.now()} by ${who}`;
    console.log(
      await administrator.publish(title, `number ${count}`).then(
        () => `posted ${title}`,
        (error: Error) => `failed ${error.message.slice(0, 100)}`,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function main(stack: string): Promise<void> {
  const running = new RunningSite(outputsOf(stack));
  const { vip, port } = frontWay(running.site);
  // One after another: of two logins at the same moment WordPress may forget one.
  const first = await Administrator.login(running, { address: vip, port });
  const second = await Administrator.login(running, { address: vip, port });
  const ended = untilInputEnds();
  await Promise.all([post(first, "one", ended), post(second, "another", ended)]);
  running.close();
}

void main(process.argv[2]!);

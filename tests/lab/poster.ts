/**
 * usage: poster.ts STACK. Publishes posts as WordPress's administrator through the VIP, in two sessions at the same
 * time, until standard input ends. Prints `posted TITLE` for each post that was answered with success, and `failed
 * REASON` for any other. Runs on the client's side of the lab.
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
  // One login after another: WordPress may lose one of two logins at the same moment.
  const first = await Administrator.login(running, { address: vip, port });
  const second = await Administrator.login(running, { address: vip, port });
  const ended = untilInputEnds();
  await Promise.all([post(first, "one", ended), post(second, "another", ended)]);
  running.close();
}

void main(process.argv[2]!);

/** A command's session with a running site. */
import { outputsOf } from "../engines/engines";
import { enterLab } from "../project/beside";
import { requireStack } from "../project/stacks";
import { findDrained } from "../running/directors";
import { RunningSite } from "../running/runningSite";

/** How much of the site's present state `use` needs; the stack's outputs are those of the last `up`. */
interface Needs {
  readonly activeDirector?: boolean;
  readonly drained?: boolean;
}

/** Continues beside the machines, calls `use` with the running site, and closes its connections. @throws UserError when it is not up */
export async function withSite<T>(
  stackName: string | undefined,
  use: (running: RunningSite, stack: string) => Promise<T>,
  needs: Needs = {},
): Promise<T> {
  const stack = requireStack(stackName);
  enterLab();
  const running = new RunningSite(outputsOf(stack));
  try {
    if (needs.activeDirector) await running.findActiveDirector();
    if (needs.drained) await findDrained(running);
    return await use(running, stack);
  } finally {
    running.close();
  }
}

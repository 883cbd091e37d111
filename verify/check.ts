/** One claim about a running site, and how it is proven. */
import type { Lab } from "../tools/lab";

export interface Check {
  readonly id: string;
  readonly claim: string;
  /** A claim that is not proven within this time does not hold. */
  readonly deadlineSeconds: number;
  /** Gives the evidence. @throws when the claim does not hold, saying what was seen instead */
  readonly prove: (lab: Lab) => Promise<string>;
}

export interface Verdict {
  readonly id: string;
  readonly claim: string;
  readonly ok: boolean;
  readonly evidence: string;
  readonly seconds: number;
}

export async function judge(check: Check, lab: Lab): Promise<Verdict> {
  const started = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not proven within ${check.deadlineSeconds} s`)),
      check.deadlineSeconds * 1000,
    );
  });
  const verdict = (ok: boolean, evidence: string): Verdict => ({
    id: check.id,
    claim: check.claim,
    ok,
    evidence,
    seconds: Math.round((Date.now() - started) / 100) / 10,
  });
  try {
    return verdict(true, await Promise.race([check.prove(lab), deadline]));
  } catch (error) {
    return verdict(false, (error as Error).message);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws with `seen` when it is not so */
export function expect(so: boolean, seen: string): asserts so {
  if (!so) throw new Error(seen);
}

/** Asks again until it is so. @throws at the deadline with what was seen last */
export async function eventually(seconds: number, attempt: () => Promise<string>): Promise<string> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

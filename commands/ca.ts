/** npm run ca -- STACK: prints the CA certificate of a site with TLS, PEM, to be imported where the site is looked at. */
import { outputsOf } from "../engines/engines";
import { parseArgs, runTool } from "../project/cli";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";

runTool(() => {
  const stack = requireStack(parseArgs([]).words[0]);
  const { caCertificate } = outputsOf(stack);
  if (caCertificate === undefined)
    throw new UserError(`${stack} has no CA of its own: write tls: {} and a service with port 443 for one`);
  process.stdout.write(caCertificate);
  return Promise.resolve(0);
});

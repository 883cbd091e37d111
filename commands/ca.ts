/** npm run ca -- STACK: prints the CA certificate of a site with TLS, PEM, to be imported where the site is looked at. */
import { outputsOf } from "../engines/engines";
import { UserError, parseArgs, requireStack, runTool } from "../project/project";

runTool(() => {
  const stack = requireStack(parseArgs([]).words[0]);
  const { caCertificate } = outputsOf(stack);
  if (caCertificate === undefined)
    throw new UserError(`${stack} has no CA of its own: write tls: {} and a service with port 443 for one`);
  process.stdout.write(caCertificate);
  return Promise.resolve(0);
});

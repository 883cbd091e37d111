/** The claim about PHP sessions, which WordPress's plugins use. */
import type { SiteSettings } from "../../settings/site";
import { hasLocalCode, localFiles } from "../../settings/webFiles";
import type { RunningSite } from "../../running/runningSite";
import type { Via } from "../probing/administrator";
import { type Claim, ensure } from "../claim";
import { realServers } from "./wordpress";

/** A plugin that counts the requests of a session; with `end` it ends the session. */
const plugin = (token: string): string => `<?php
if (($_GET['lvs-session'] ?? '') === '${token}') {
    add_action('init', function () {
        session_start();
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        echo 'request ', $_SESSION['count'];
        if (isset($_GET['end'])) {
            session_destroy();
        }
        exit;
    });
}
`;

/** Each real server writes the plugin itself: a file that another one wrote on NFS is seen a minute later. */
async function withPlugin(running: RunningSite, token: string, act: () => Promise<string>): Promise<string> {
  const { site } = running;
  const folder = `${hasLocalCode(site) ? localFiles(site) : "/wordpress"}/wp-content/mu-plugins`;
  const onEach = (command: (file: string) => string) =>
    Promise.all(
      site.realServers.map(({ name }) => running.execOk(name, command(`${folder}/${token}-${name}.php`))),
    );
  await onEach((file) => `mkdir -p ${folder}\ncat >${file} <<'EOF'\n${plugin(token)}EOF\nchmod 644 ${file}`);
  try {
    return await act();
  } finally {
    await onEach((file) => `rm -f ${file}; rmdir ${folder} 2>/dev/null || true`);
  }
}

const sessions = (site: SiteSettings): Claim => ({
  id: "sessions",
  text: "a PHP session that begins on one real server goes on at the others, and can be ended",
  prove(running) {
    const token = `verify-${Date.now()}`;
    return withPlugin(running, token, async () => {
      let cookie: string | undefined;
      const ask = async (via: Via, end = "") => {
        const { headers, body } = await running.get(`/?lvs-session=${token}${end}`, {
          via,
          headers: cookie === undefined ? {} : { cookie },
        });
        const set = headers["set-cookie"]?.find((line) => line.startsWith("PHPSESSID="));
        cookie = set?.split(";")[0] ?? cookie;
        return body.toString().slice(0, 200);
      };
      const servers = realServers(site);
      const turns = [...servers, ...servers];
      for (const [index, { name, via }] of turns.entries()) {
        const said = await ask(via);
        ensure(said === `request ${index + 1}`, `request ${index + 1} of a session, to ${name}: ${said}`);
      }
      await ask(servers[0].via, "&end");
      const after = await ask(servers[0].via);
      ensure(after === "request 1", `after its end: ${after}`);
      await ask(servers[0].via, "&end");
      return `${turns.map(({ name }) => name).join(", ")}: requests 1 to ${turns.length} of one session`;
    });
  },
});

export const sessionClaims = (site: SiteSettings): Claim[] =>
  site.content === "wordpress" ? [sessions(site)] : [];

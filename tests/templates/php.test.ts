import { readdirSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { saltNames, wpConfig } from "../../templates/nfsServer";
import { phpIni, phpPool } from "../../templates/php";
import {
  databaseIni,
  wordpressDatabaseFile,
  wordpressDatabaseFiles,
} from "../../templates/wordpressDatabase";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const salts = saltNames.map((name) => `it's \\ "${name}"`);
const secrets = { databasePassword: `it's \\' "odd" $x`, salts };

describe("php-fpm", () => {
  const judge = (pool: string) => {
    const path = folder.write("pool.conf", pool);
    const conf = folder.write(
      "php-fpm.conf",
      `[global]\nerror_log = ${folder.path}/fpm.log\ninclude = ${path}\n`,
    );
    return ask("php-fpm", ["-tt", "-y", conf]);
  };

  test.each<[string, Record<string, unknown>, string]>([
    ["the default site", {}, "listen = 127.0.0.1:9000"],
    ["a socket", { php: { listener: "unix" } }, "listen = /run/php/wordpress.sock"],
    ["a single child", { php: { maxChildren: 1 } }, "pm.max_children = 1"],
    ["a large real server", { realServers: [{ memoryMiB: 2048 }] }, "pm.max_children = 28"],
  ])("takes the pool of %s", (_what, raw, line) => {
    const site = resolveSite("dev", raw);
    const { code, stderr } = judge(phpPool(site, site.realServers[0]));
    expect(stderr).not.toMatch(/WARNING|ERROR/);
    expect(stderr).toContain(`\t${line}\n`);
    expect(code).toBe(0);
  });

  test("refuses a pool with a setting that it does not know", () => {
    const site = resolveSite("dev", {});
    const { code, stderr } = judge(
      phpPool(site, site.realServers[0]).replace("pm.max_requests", "pm.requests"),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain("unknown entry 'pm.requests'");
  });
});

test("PHP knows every setting of php.ini and database.ini and takes its value", () => {
  const ini = phpIni(resolveSite("dev", { cache: { opcacheMiB: 64, realpathCacheKiB: 512 } })) + databaseIni;
  const path = folder.write("php.ini", ini);
  const wanted = Object.fromEntries(
    ini
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" = ") as [string, string]),
  );
  // php-fpm's alone: the command line does not know it.
  delete wanted["cgi.fix_pathinfo"];
  expect(mustAsk("php-fpm", ["-c", path, "-i"])).toContain("cgi.fix_pathinfo => Off => Off\n");
  // Off is the empty string; PHP says null for what it does not know.
  const code =
    "echo json_encode(array_map(fn($key) => ini_get_all(null, false)[$key] ?? null, json_decode($argv[1])));";
  const said = JSON.parse(
    mustAsk("php", ["-c", path, "-r", code, JSON.stringify(Object.keys(wanted))]),
  ) as string[];
  expect(said).toEqual(
    Object.values(wanted).map((value) => (value === "Off" ? expect.stringMatching(/^(0|)$/) : value)),
  );
});

const scripts = readdirSync("scripts", { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".php"),
);

test.each(scripts)("PHP finds no error in scripts/%s", (path) => {
  expect(mustAsk("php", ["-l", `scripts/${path}`])).toBe(`No syntax errors detected in scripts/${path}\n`);
});

describe("wp-config.php", () => {
  const site = resolveSite("dev", {
    services: [{ ports: [80, 443] }, { vip: "172.16.0.50" }, { port: 8443, application: "https" }],
    tls: {},
    wordpress: { hostNames: ["www.example.org"] },
  });

  /** What the constants are when a visitor asks for `host`. */
  function constants(host: string | undefined, https = ""): Record<string, string> {
    folder.write("wp-settings.php", "<?php echo json_encode(get_defined_constants(true)['user']);");
    const database = folder.write(
      "wordpress-database.php",
      wordpressDatabaseFiles(site.mysql!)["wordpress-database.php"],
    );
    const text = wpConfig(site, secrets).replace(wordpressDatabaseFile, database);
    const path = folder.write("wp-config.php", text);
    const code = `if ($argv[2]) $_SERVER["HTTPS"] = $argv[2];
      if (isset($argv[3])) $_SERVER["HTTP_HOST"] = $argv[3];
      require $argv[1];`;
    const args = ["-d", "error_reporting=-1", "-d", "display_errors=stderr", "-r", code, "--", path, https];
    const { code: status, stdout, stderr } = ask("php", host === undefined ? args : [...args, host]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, string>;
  }

  /** What the hooks make of routes, a query, a sitemap and the generator tag. */
  function hooked(wordpress: object, isLoggedIn: boolean): unknown {
    folder.write("wp-settings.php", "<?php");
    const database = folder.write("wordpress-database.php", "<?php");
    const text = wpConfig(resolveSite("dev", { wordpress }), secrets).replace(
      wordpressDatabaseFile,
      database,
    );
    const path = folder.write("wp-config.php", text);
    // As WP_Hook::build_preinitialized_hooks and apply_filters do.
    const code = `function is_user_logged_in() { return $GLOBALS["argv"][2] === "yes"; }
      require $argv[1];
      function filter($hook, ...$values) {
        foreach ($GLOBALS["wp_filter"][$hook] ?? [] as $group)
          foreach ($group as $one) $values[0] = $one["function"](...array_slice($values, 0, $one["accepted_args"]));
        return $values[0];
      }
      echo json_encode([
        array_keys(filter("rest_endpoints", ["/wp/v2/users" => 1, "/wp/v2/users/(?P<id>[\\\\d]+)" => 1, "/wp/v2/users/me" => 1])),
        filter("request", ["author" => "1"]),
        filter("request", ["sitemap" => "users"]),
        filter("request", ["p" => "1"]),
        filter("wp_sitemaps_add_provider", "provider", "users"),
        filter("wp_sitemaps_add_provider", "provider", "posts"),
        filter("the_generator", "<meta>", "html"),
      ]);`;
    const args = ["-d", "error_reporting=-1", "-d", "display_errors=stderr", "-r", code];
    return JSON.parse(mustAsk("php", [...args, "--", path, isLoggedIn ? "yes" : "no"]));
  }
  const all = ["/wp/v2/users", "/wp/v2/users/(?P<id>[\\d]+)", "/wp/v2/users/me"];

  test.each<[string, object, boolean, unknown]>([
    [
      "a visitor",
      {},
      false,
      [["/wp/v2/users/me"], { error: "404" }, { error: "404" }, { p: "1" }, false, "provider", ""],
    ],
    ["a user", {}, true, [all, { author: "1" }, { sitemap: "users" }, { p: "1" }, false, "provider", ""]],
    [
      "a visitor of a site that shows users and version",
      { publicUsers: true, publicVersion: true },
      false,
      [all, { author: "1" }, { sitemap: "users" }, { p: "1" }, "provider", "provider", "<meta>"],
    ],
  ])("tells %s only what it may", (_who, wordpress, isLoggedIn, told) => {
    expect(hooked(wordpress, isLoggedIn)).toEqual(told);
  });

  test("is PHP, and reads back every secret as it was", () => {
    const known = constants("172.16.0.40");
    expect(known).toMatchObject({
      DB_NAME: "wpdb",
      DB_USER: "wpuser",
      DB_PASSWORD: secrets.databasePassword,
      DB_HOST: "172.16.0.35",
      // MYSQLI_CLIENT_SSL and MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT
      MYSQL_CLIENT_FLAGS: 2048 + 2 ** 30,
    });
    expect(saltNames.map((name) => known[name])).toEqual(salts);
  });

  test.each([
    ["172.16.0.40", "http://172.16.0.40"],
    ["172.16.0.50", "http://172.16.0.50"],
    ["www.example.org", "http://www.example.org"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["localhost", "http://localhost"],
    ["evil.example", "http://172.16.0.40"],
    ["localhost.evil.example", "http://172.16.0.40"],
    ["172.16.0.40\nX: y", "http://172.16.0.40"],
    [undefined, "http://172.16.0.40"],
  ])("answers a visitor who asked for %j as %s", (host, home) => {
    const known = constants(host);
    expect([known.WP_HOME, known.WP_SITEURL]).toEqual([home, home]);
  });

  test.each([
    ["172.16.0.40", "https://172.16.0.40"],
    ["172.16.0.40:8443", "https://172.16.0.40:8443"],
    ["www.example.org", "https://www.example.org"],
    ["evil.example", "http://172.16.0.40"],
  ])("answers a visitor who asked for %j over TLS as %s", (host, home) => {
    expect(constants(host, "on")).toMatchObject({ WP_HOME: home, WP_SITEURL: home });
  });
});

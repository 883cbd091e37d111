import { resolveSite } from "../../../settings/resolve";
import { nginxConf } from "../../../templates/nginx";
import { phpIni, phpPool } from "../../../templates/php";

/** Whom nginx asks, each once. */
const asked = (conf: string) => [...new Set(conf.match(/(?<=fastcgi_pass )[^;]+/g))];

test("php-fpm listens on loopback and takes nobody else, and nginx asks there", () => {
  const site = resolveSite("dev", {});
  const rs1 = site.realServers[0];
  expect(phpPool(site, rs1)).toContain("listen = 127.0.0.1:9000\nlisten.allowed_clients = 127.0.0.1\n");
  expect(asked(nginxConf(site, rs1))).toEqual(["pages", "127.0.0.1:9000"]);
  expect(nginxConf(site, rs1)).toContain(
    "upstream pages {\n    zone pages_state 64k;\n    server 127.0.0.1:9000 ",
  );
});

test("php-fpm listens on a socket of www-data's, and nginx asks there", () => {
  const site = resolveSite("dev", { php: { listener: "unix" } });
  const rs1 = site.realServers[0];
  expect(phpPool(site, rs1)).toContain(
    "listen = /run/php/wordpress.sock\nlisten.owner = www-data\nlisten.group = www-data\nlisten.mode = 0660\n",
  );
  expect(phpPool(site, rs1)).not.toContain("127.0.0.1");
  expect(asked(nginxConf(site, rs1))).toEqual(["pages", "unix:/run/php/wordpress.sock"]);
  expect(nginxConf(site, rs1)).toContain(
    "upstream pages {\n    zone pages_state 64k;\n    server unix:/run/php/wordpress.sock ",
  );
});

test.each([
  [1, "1"],
  [2, "2"],
  [8, "2"],
])("a pool of %i children keeps at most %s spare", (maxChildren, spare) => {
  const site = resolveSite("dev", { php: { maxChildren } });
  const lines = phpPool(site, site.realServers[0]).split("\n");
  expect(lines).toContain(`pm.max_children = ${maxChildren}`);
  expect(lines).toContain(`pm.max_spare_servers = ${spare}`);
});

test("PHP takes uploads as large as the setting says, with room for the form in PHP and nginx, and does not say which version it is", () => {
  const site = resolveSite("dev", { php: { uploadMiB: 100 } });
  const lines = phpIni(site).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining(["upload_max_filesize = 100M", "post_max_size = 101M", "expose_php = Off"]),
  );
  expect(nginxConf(site, site.realServers[0])).toContain("client_max_body_size 101m;");
});

test("OPcache has the memory and the files that the stack file gives it", () => {
  const lines = phpIni(resolveSite("dev", { cache: { opcacheMiB: 64, realpathCacheKiB: 512 } })).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "opcache.memory_consumption = 64",
      "opcache.max_accelerated_files = 8000",
      "opcache.file_cache = /var/cache/opcache",
      "realpath_cache_size = 512K",
    ]),
  );
});

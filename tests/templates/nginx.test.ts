import { readFileSync } from "node:fs";
import { resolveSite } from "../../settings/site";
import { nginxConf } from "../../templates/realServer";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

/** nginx writes its pid file even to test, so /run is another. */
const judge = (text: string) => {
  for (const name of ["mime.types", "fastcgi_params"])
    folder.write(`nginx/${name}`, readFileSync(`/etc/nginx/${name}`, "utf8"));
  const path = folder.write("nginx/nginx.conf", text);
  return { path, ...ask("nginx", ["-t", "-c", path], { inside: "mount -t tmpfs run /run" }) };
};

test.each<[string, Record<string, unknown>]>([
  ["the default site", {}],
  ["php-fpm on a socket", { php: { listener: "unix" } }],
  ["two ports and two VIPs", { services: [{}, { port: 8080 }, { vip: "172.16.0.50", port: 8080 }] }],
  ["host names", { wordpress: { hostNames: ["www.example.org", "example.org"] } }],
])("nginx takes the nginx.conf of %s, without a warning", (_what, raw) => {
  const site = resolveSite("dev", raw);
  const { path, code, stderr } = judge(nginxConf(site, site.realServers[0]!));
  expect(stderr).toBe(
    `nginx: the configuration file ${path} syntax is ok\nnginx: configuration file ${path} test is successful\n`,
  );
  expect(code).toBe(0);
});

test("nginx refuses a directive that it does not know", () => {
  const site = resolveSite("dev", {});
  const broken = nginxConf(site, site.realServers[0]!).replace("sendfile", "send_file");
  const { code, stderr } = judge(broken);
  expect(code).toBe(1);
  expect(stderr).toContain('unknown directive "send_file"');
});

import { resolveSite } from "../../../settings/site";
import { arpSysctl, fstabLine, nginxConf, phpPool } from "../../../templates/realServer";

test("ARP keeps quiet about VIPs on all interfaces and on the NIC", () => {
  expect(arpSysctl()).toBe(`net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.eth0.arp_ignore = 1
net.ipv4.conf.eth0.arp_announce = 2
`);
});

test("the tree is mounted hard, over NFS 4.2, after the network, without holding up the boot", () => {
  const [source, point, type, options, ...rest] = fstabLine(resolveSite("dev", {})).trimEnd().split(" ");
  expect([source, point, type, rest]).toEqual([
    "172.16.0.34:/data/wordpress",
    "/wordpress",
    "nfs4",
    ["0", "0"],
  ]);
  expect(options!.split(",")).toEqual([
    "hard",
    "nfsvers=4.2",
    "_netdev",
    "nofail",
    "retry=10000",
    "x-systemd.mount-timeout=infinity",
  ]);
});

test("php-fpm listens on loopback and takes nobody else, and nginx asks there", () => {
  const site = resolveSite("dev", {});
  const rs1 = site.realServers[0]!;
  expect(phpPool(site, rs1)).toContain("listen = 127.0.0.1:9000\nlisten.allowed_clients = 127.0.0.1\n");
  expect(nginxConf(site, rs1).match(/fastcgi_pass .*/g)).toEqual([
    "fastcgi_pass 127.0.0.1:9000;",
    "fastcgi_pass 127.0.0.1:9000;",
  ]);
});

test("php-fpm listens on a socket of www-data's, and nginx asks there", () => {
  const site = resolveSite("dev", { php: { listener: "unix" } });
  const rs1 = site.realServers[0]!;
  expect(phpPool(site, rs1)).toContain(
    "listen = /run/php/wordpress.sock\nlisten.owner = www-data\nlisten.group = www-data\nlisten.mode = 0660\n",
  );
  expect(phpPool(site, rs1)).not.toContain("127.0.0.1");
  expect(nginxConf(site, rs1).match(/fastcgi_pass .*/g)).toEqual([
    "fastcgi_pass unix:/run/php/wordpress.sock;",
    "fastcgi_pass unix:/run/php/wordpress.sock;",
  ]);
});

test.each([
  [1, "1"],
  [2, "2"],
  [8, "2"],
])("a pool of %i children keeps at most %s spare", (maxChildren, spare) => {
  const site = resolveSite("dev", { php: { maxChildren } });
  const lines = phpPool(site, site.realServers[0]!).split("\n");
  expect(lines).toContain(`pm.max_children = ${maxChildren}`);
  expect(lines).toContain(`pm.max_spare_servers = ${spare}`);
});

test("nginx listens once on each service's port and hangs up on unknown hosts", () => {
  const site = resolveSite("dev", { services: [{}, { port: 8080 }, { vip: "172.16.0.50" }] });
  expect(nginxConf(site, site.realServers[0]!).match(/listen .*/g)).toEqual([
    "listen 80 default_server;",
    "listen 8080 default_server;",
    "listen 80;",
    "listen 8080;",
  ]);
});

test("nginx answers under every VIP and name and its own address, and says which real server it is", () => {
  const site = resolveSite("dev", {
    services: [{}, { vip: "172.16.0.50" }],
    wordpress: { hostNames: ["www.example.org"] },
  });
  const text = nginxConf(site, site.realServers[1]!);
  expect(text).toContain(
    "server_name 172.16.0.40 172.16.0.50 www.example.org 172.16.0.33 127.0.0.1 localhost;",
  );
  expect(text).toContain("add_header X-Real-Server rs2 always;");
});

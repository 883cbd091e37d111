import { resolveSite } from "../../../settings/resolve";
import { withDrainedAtZero, machinesOf } from "../../../settings/site";
import { unitsOf } from "../../../templates/units";
import { expectedSockets, stoppedByStatus } from "../../../verify/machines/machines";

const sockets = (raw: Record<string, unknown>, name: string) => {
  const site = resolveSite("t", raw);
  return expectedSockets(
    site,
    machinesOf(site).find((machine) => machine.name === name)!,
  );
};
const units = (raw: Record<string, unknown>, name: string) => {
  const site = resolveSite("t", raw);
  return unitsOf(
    site,
    machinesOf(site).find((machine) => machine.name === name)!,
  );
};

describe("WordPress", () => {
  test.each([
    ["director", ["tcp *:22"]],
    ["rs1", ["tcp *:22", "tcp 0.0.0.0:80", "tcp 127.0.0.1:61081", "tcp 127.0.0.1:9000"]],
    ["nfs", ["tcp *:22", "tcp 172.16.0.34:2049"]],
    ["mysql", ["tcp *:22", "tcp 172.16.0.35:3306"]],
  ])("%s listens on %j", (name, expected) => {
    expect(sockets({}, name)).toEqual(expected);
  });

  test("with php-fpm at a socket has one port less", () => {
    expect(sockets({ php: { listener: "unix" } }, "rs1")).toEqual([
      "tcp *:22",
      "tcp 0.0.0.0:80",
      "tcp 127.0.0.1:61081",
    ]);
  });

  test.each([
    ["director", ["lvs-director"]],
    ["rs1", ["lvs-real-server", "nginx", "nginx-tree", "php-fpm", "lvs-cron", "wordpress"]],
    ["nfs", ["nfs-server"]],
    ["mysql", ["mariadb"]],
  ])("%s is well by %j", (name, expected) => {
    expect(Object.keys(units({}, name))).toEqual(expected);
  });
});

describe("a static site of many protocols", () => {
  const raw = {
    content: "static",
    network: { cidr: "172.16.0.0/24", cidr6: "fd00:16::/64" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    nfs: {},
    tls: {},
    client: {},
    services: [
      { name: "web", ports: [80, 443] },
      { name: "six", vip: "fd00:16::40" },
      { name: "range", vip: "172.16.0.41", ports: ["20000-20002"] },
      { name: "udp", protocol: "udp", port: 7007 },
      { name: "ftp", vip: "172.16.0.42", port: 21, forwarding: "nat" },
    ],
    realServers: [{}, {}],
  };

  test("listens where its listeners say, over both families", () => {
    const web = [80, 443, 20000, 20001, 20002].flatMap((port) => [`tcp 0.0.0.0:${port}`, `tcp [::]:${port}`]);
    expect(sockets(raw, "rs1")).toEqual(
      [
        ...web,
        "tcp *:22",
        "tcp 0.0.0.0:21",
        "tcp 127.0.0.1:61080",
        "tcp 127.0.0.1:61081",
        "tcp [::1]:61081",
        "udp 172.16.0.32:7007",
        "udp 172.16.0.40:7007",
      ].sort(),
    );
    expect(sockets(raw, "client")).toEqual(["tcp *:22"]);
  });

  test("is well by its own units, echo's instances as one", () => {
    expect(units(raw, "rs1")).toEqual({
      "lvs-real-server": ["lvs-real-server"],
      nginx: ["nginx"],
      "opt-wwwroot": ["opt-wwwroot.mount"],
      vsftpd: ["vsftpd"],
      "lvs-echo": ["lvs-echo@udp-7007-172.16.0.32", "lvs-echo@udp-7007-172.16.0.40"],
    });
  });
});

test("a shop has php-fpm and a database on each real server, which listens on no port", () => {
  expect(sockets({ content: "shop" }, "rs1")).toEqual([
    "tcp *:22",
    "tcp 0.0.0.0:80",
    "tcp 127.0.0.1:61080",
    "tcp 127.0.0.1:61081",
    "tcp 127.0.0.1:9000",
  ]);
  expect(Object.keys(units({ content: "shop" }, "rs2"))).toEqual([
    "lvs-real-server",
    "nginx",
    "php-fpm",
    "mariadb",
  ]);
});

test("a site whose web files are pushed is well when its source's lsyncd is, and its real servers' mounts", () => {
  const wordpress = { wordpress: { shared: "uploads" }, sync: "lsyncd" };
  expect(units(wordpress, "nfs")).toEqual({ "nfs-server": ["nfs-server"], lsyncd: ["lsyncd"] });
  expect(units(wordpress, "rs1")).toMatchObject({
    "wordpress-wp-content-uploads": ["wordpress-wp\\x2dcontent-uploads.mount"],
  });
  const pages = { content: "static", sync: "lsyncd" };
  expect(units(pages, "source")).toEqual({ lsyncd: ["lsyncd"] });
  expect(sockets(pages, "source")).toEqual(["tcp *:22"]);
});

test("on machines where nothing is laid down there is sshd alone", () => {
  expect(sockets({ layDown: false }, "rs1")).toEqual(["tcp *:22"]);
  expect(units({ layDown: false }, "director")).toEqual({});
});

test.each([
  ["the last of several", [{}, {}], "rs2"],
  ["who is drained rather than who is alone", [{ drained: true }, {}], "rs1"],
  ["the last one where it is drained itself", [{}, {}, { drained: true }], "rs3"],
  ["the only one there is", [{}], "rs1"],
])("nginx is stopped for status on %s", (_whom, realServers, name) => {
  expect(stoppedByStatus(withDrainedAtZero(resolveSite("t", { content: "static", realServers })))).toBe(name);
});

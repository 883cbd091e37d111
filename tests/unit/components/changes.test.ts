import { differing, filesOf, find, graphOf } from "./graph";

test("the same stack file makes the same resources", async () => {
  expect(differing(await graphOf(), await graphOf())).toEqual([]);
});

test("a changed weight reaches the director's command and nothing else", async () => {
  const before = await graphOf({ realServers: [{}, { weight: 1 }] });
  const after = await graphOf({ realServers: [{}, { weight: 2 }] });
  expect(differing(before, after)).toEqual(["director-guest-director"]);
  const [old, now] = [before, after].map((graph) => find(graph, "director-guest-director"));
  expect({ ...now!.inputs, stdin: old!.inputs.stdin }).toEqual(old!.inputs);
  expect(filesOf(now!)).toEqual({
    ...filesOf(old!),
    "ipvs.rules": filesOf(old!)["ipvs.rules"]!.replace("172.16.0.33:80 -g -w 1", "172.16.0.33:80 -g -w 2"),
  });
});

test("a changed scheduler reaches the director's command and nothing else", async () => {
  const before = await graphOf({ services: [{ scheduler: "rr" }] });
  const after = await graphOf({ services: [{ scheduler: "wlc" }] });
  expect(differing(before, after)).toEqual(["director-guest-director"]);
});

test("an added real server adds its own machine, and tells the director, NFS and MySQL", async () => {
  const before = await graphOf({ realServers: [{}, {}] });
  const after = await graphOf({ realServers: [{}, {}, {}] });
  expect(differing(before, after)).toEqual([
    "director-guest-director",
    "mysql-guest-mysql-server",
    "nfs-guest-nfs-server",
    "rs3",
    "rs3-domain",
    "rs3-guest",
    "rs3-guest-real-server",
    "rs3-host-key",
    "rs3-root",
  ]);
});

test("a removed real server takes its own machine away, and tells the director, NFS and MySQL", async () => {
  const before = await graphOf({
    realServers: [{}, { name: "gone" }, { name: "stays", address: "172.16.0.36" }],
  });
  const after = await graphOf({ realServers: [{}, { name: "stays", address: "172.16.0.36" }] });
  expect(differing(before, after)).toEqual([
    "director-guest-director",
    "gone",
    "gone-domain",
    "gone-guest",
    "gone-guest-real-server",
    "gone-host-key",
    "gone-root",
    "mysql-guest-mysql-server",
    "nfs-guest-nfs-server",
  ]);
});

test("a real server's memory reaches its own machine, its pool, and MySQL's connections", async () => {
  const before = await graphOf({ realServers: [{}, {}] });
  const after = await graphOf({ realServers: [{}, { memoryMiB: 832 }] });
  expect(differing(before, after)).toEqual([
    "mysql-guest-mysql-server",
    "rs2-domain",
    "rs2-guest-real-server",
  ]);
});

test("a changed title reaches MySQL's command and nothing else", async () => {
  const before = await graphOf({ wordpress: { title: "One" } });
  const after = await graphOf({ wordpress: { title: "Two" } });
  expect(differing(before, after)).toEqual(["mysql-guest-mysql-server"]);
});

test("a changed listener of php-fpm reaches the real servers' commands and nothing else", async () => {
  const before = await graphOf({ php: { listener: "tcp" } });
  const after = await graphOf({ php: { listener: "unix" } });
  expect(differing(before, after)).toEqual(["rs1-guest-real-server", "rs2-guest-real-server"]);
});

import { differing, domain, filesOf, find, graphOf, ofType, plain, privateKey, jobsOf } from "./graph";

const uploads = { wordpress: { shared: "uploads" } };
const pushed = { ...uploads, sync: "lsyncd" };
const pages = { content: "static", sync: "lsyncd" };
const job = { nfs: "nfs-guest-nfs-server", rs1: "rs1-guest-real-server", source: "source-guest-source" };
const key = "PRIVATE(site-push-key)";

test("code on each real server comes with the same wp-config.php there, and with none on the NFS server", async () => {
  const [tree, local] = [await graphOf(), await graphOf(uploads)];
  const configOf = (graph: typeof tree, name: string) => filesOf(find(graph, name))["wp-config.php"];
  expect(configOf(local, job.nfs)).toBeUndefined();
  expect(configOf(tree, job.rs1)).toBeUndefined();
  const configs = ["rs1", "rs2"].map((name) => configOf(local, `${name}-guest-real-server`));
  expect(configs[0]).toContain("SECRET(site-auth-key)");
  expect(configs[1]).toBe(configs[0]);
  expect(configs[0]!.replace("define('DISALLOW_FILE_MODS', true);\n", "")).toBe(configOf(tree, job.nfs));
});

test("changing over is a matter of jobs: no machine, disk or secret is another", async () => {
  expect(differing(await graphOf(), await graphOf(uploads))).toEqual([
    job.nfs,
    job.rs1,
    "rs2-guest-real-server",
  ]);
});

test("only the source has the key with which it pushes, and each real server the public half", async () => {
  const graph = await graphOf(pushed);
  expect(ofType(graph, privateKey).map(({ name }) => name)).toContain("site-push-key");
  const holders = jobsOf(graph).flatMap((command) =>
    Object.entries(filesOf(command)).flatMap(([file, text]) =>
      text.includes(key) ? [`${command.name} ${file}`] : [],
    ),
  );
  expect(holders).toEqual([`${job.nfs} key`]);
  for (const { inputs } of ofType(graph, domain)) expect(JSON.stringify(plain(inputs))).not.toContain(key);
  expect(filesOf(find(graph, job.rs1))["deploy.keys"]).toBe(
    'restrict,from="172.16.0.34" PUBLIC(site-push-key)\n',
  );
});

test("the source knows each real server by its host key, and a new one by its domain", async () => {
  const files = filesOf(find(await graphOf(pages), job.source));
  expect(files.known_hosts).toBe("rs1 PUBLIC(rs1-host-key)\nrs2 PUBLIC(rs2-host-key)\n");
  expect(files.master).toBe("/data/wwwroot\n");
});

test("it pushes to each real server once more when that is a new machine", async () => {
  const graph = await graphOf(pages);
  for (const name of ["rs1", "rs2"])
    expect(find(graph, `source-guest-push-${name}`).inputs).toMatchObject({
      create: `sudo lvs-push ${name} ${name}-domain-id`,
      triggers: ["source-domain-id"],
    });
});

test("a static site whose pages are pushed has a source with a data disk, and no NFS server", async () => {
  const graph = await graphOf(pages);
  expect(
    ofType(graph, domain)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["director", "rs1", "rs2", "source"].map((name) => `${name}-domain`));
  expect(find(graph, "source-data").inputs).toMatchObject({ name: "source-data.qcow2" });
  expect(filesOf(find(graph, job.rs1))["index.html"]).toBeUndefined();
});

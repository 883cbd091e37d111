import { resolveSite } from "../../../settings/resolve";
import { type SiteSettings, machinesOf } from "../../../settings/site";
import { resolvConf, sourcesList } from "../../../templates/updates";

const mark = "# nameServers of the stack file\n";

/** By machine. */
const resolvers = (site: SiteSettings) =>
  Object.fromEntries(machinesOf(site).map((machine) => [machine.name, resolvConf(site, machine)]));

test("a site that says nothing has neither name servers nor a list of archives", () => {
  const site = resolveSite("dev", {});
  expect(sourcesList(site)).toBe("");
  expect(new Set(Object.values(resolvers(site)))).toEqual(new Set([mark]));
});

test("every machine with a way out has the name servers, in their order", () => {
  const site = resolveSite("dev", { content: "static", nameServers: ["192.0.2.53", "172.16.0.1"] });
  const text = `${mark}nameserver 192.0.2.53\nnameserver 172.16.0.1\n`;
  expect(resolvers(site)).toEqual({ director: text, rs1: text, rs2: text });
});

test("a machine without a way out has the name servers of its own networks alone", () => {
  const site = resolveSite("dev", {
    content: "static",
    networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "none" }],
    director: { addresses: ["172.16.0.31", "172.16.1.31"] },
    realServers: [{ address: "172.16.1.32" }],
    services: [{ forwarding: "nat" }],
    nameServers: ["192.0.2.53", "172.16.1.1"],
  });
  expect(resolvers(site)).toEqual({
    director: `${mark}nameserver 192.0.2.53\nnameserver 172.16.1.1\n`,
    rs1: `${mark}nameserver 172.16.1.1\n`,
  });
  expect(resolvers({ ...site, nameServers: ["192.0.2.53"] }).rs1).toBe(mark);
});

test.each([
  [{ nameServers: ["192.0.2.53"] }, "http://deb.debian.org/debian"],
  [
    { debianMirror: "http://172.16.0.1:3142/deb.debian.org/debian" },
    "http://172.16.0.1:3142/deb.debian.org/debian",
  ],
])("security updates with %j come from %s", (said, mirror) => {
  expect(sourcesList(resolveSite("dev", { securityUpdates: true, ...said }))).toBe(
    `deb ${mirror} %SUITE% main\ndeb ${mirror} %SUITE%-updates main\ndeb ${mirror}-security %SUITE%-security main\n`,
  );
});

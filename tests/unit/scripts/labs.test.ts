import { isChecked } from "../../../settings/site";
import { directorConf, directorNft, ipvsRules } from "../../../templates/director";
import { keepalivedConf } from "../../../templates/keepalived";
import { ldirectordCf } from "../../../templates/ldirectord";
import { realServerConf, realServerNft } from "../../../templates/realServer";
import { type WeightText, drainableWeight, plainWeight } from "../../../templates/weights";
import { lab, labNames } from "../labs";
import { FakeDirector } from "./director";
import { FakeGuest } from "./guest";

const guests: FakeGuest[] = [];
const made = <T extends FakeGuest>(guest: T): T => {
  guests.push(guest);
  return guest;
};
afterEach(() => guests.splice(0).forEach((guest) => guest.remove()));

const starts = (guest: FakeGuest, script: string) => {
  const verb = (name: string) => guest.run("bash", [`scripts/guest/${script}`, name]);
  const first = verb("start");
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(verb("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(verb("status").code).toBe(0);
  return guest.changes();
};

const directorOf = (site: ReturnType<typeof lab>): FakeDirector => {
  const guest = made(new FakeDirector());
  guest.write("conf/director.conf", directorConf(site, site.director));
  guest.write("conf/ipvs.rules", ipvsRules(site, drainableWeight));
  guest.write("conf/lvs.nft", directorNft(site, site.director));
  return guest;
};

const isManaged = (name: string): boolean => isChecked(lab(name).director);

test.each(labNames.filter(isManaged))("the director of %s hands its manager what it is sent", (name) => {
  const site = lab(name);
  const guest = directorOf(site);
  const keepalived = site.director.manager === "keepalived";
  const text = (weights: WeightText) =>
    keepalived ? keepalivedConf(site, site.director, weights) : ldirectordCf(site, weights);
  guest.write(keepalived ? "conf/keepalived.conf" : "conf/ldirectord.cf", text(drainableWeight));
  expect(guest.direct("start")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  expect(guest.direct("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  const final = keepalived ? "root/etc/keepalived/keepalived.conf" : "root/etc/ha.d/ldirectord.cf";
  expect(guest.read(final)).toBe(text(plainWeight));
});

const plain = labNames.filter((name) => !isManaged(name));

test.each(plain)("the director of %s takes what it is sent, and keeps to it", (name) => {
  const site = lab(name);
  const guest = directorOf(site);
  starts(guest, "director/lvs-director");
  expect(guest.read("table")).toBe(ipvsRules(site));
  expect(guest.read("nft/lvs")).toBe(directorNft(site, site.director));
});

/** What real servers of labs are sent, each text once, with whose it is. */
const sent = new Map(
  labNames.flatMap((name) => {
    const site = lab(name);
    return site.realServers.map((server) => {
      const files = { conf: realServerConf(site, server), nft: realServerNft(site, server) };
      return [JSON.stringify(files), { ...files, whose: `${server.name} of ${name}` }] as const;
    });
  }),
);

test.each([...sent.values()])("$whose takes what it is sent, and keeps to it", ({ conf, nft }) => {
  const guest = made(new FakeGuest());
  guest.write("conf/real-server.conf", conf);
  guest.write("conf/real-server.nft", nft);
  const changes = starts(guest, "real-server/lvs-real-server");
  expect(changes.some((line) => line.startsWith("nft"))).toBe(nft !== "");
});

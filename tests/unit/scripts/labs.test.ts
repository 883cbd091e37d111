import { directorConf, directorNft, ipvsRules } from "../../../templates/director";
import { realServerConf, realServerNft } from "../../../templates/realServer";
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

test.each(labNames)("the director of %s takes what it is sent, and keeps to it", (name) => {
  const site = lab(name);
  const guest = made(new FakeDirector());
  guest.write("conf/director.conf", directorConf(site, site.director));
  guest.write("conf/ipvs.rules", ipvsRules(site));
  guest.write("conf/lvs.nft", directorNft(site, site.director));
  starts(guest, "director/lvs-director");
  expect(guest.read("table")).toBe(ipvsRules(site));
  expect(guest.read("nft/lvs")).toBe(directorNft(site, site.director));
});

test.each(labNames)("every real server of %s takes what it is sent, and keeps to it", (name) => {
  const site = lab(name);
  for (const server of site.realServers) {
    const guest = made(new FakeGuest());
    guest.write("conf/real-server.conf", realServerConf(site, server));
    guest.write("conf/real-server.nft", realServerNft(site, server));
    const changes = starts(guest, "real-server/lvs-real-server");
    expect(changes.some((line) => line.startsWith("nft"))).toBe(realServerNft(site, server) !== "");
  }
});

import { RootedGuest } from "./guest";

let guest: RootedGuest;
beforeEach(() => {
  guest = new RootedGuest();
  guest.send("sync/lvs-push");
  guest.write("var/lib/lvs/sync/args", "");
});
afterEach(() => guest.remove());

const push = (...args: string[]) => expect(guest.run("bash", ["./lvs-push", ...args]).code).toBe(0);
const list = "var/lib/lvs/pushed";

test("a real server is pushed to again when its machine is another one", () => {
  push("rs1", "one");
  push("rs2", "two");
  expect(guest.changes()).toEqual([]);
  push("rs1", "one");
  expect(guest.changes()).toEqual([]);
  push("rs1", "new");
  expect(guest.changes()).toEqual(["systemctl restart lsyncd.service"]);
  expect(guest.lines(list).toSorted()).toEqual(["rs1 new", "rs2 two"]);
});

import { resolveSite } from "../../settings/resolve";
import { vsftpdConf } from "../../templates/realServer";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const site = resolveSite("dev", {
  content: "static",
  networks: [{ name: "inside", cidr: "10.9.0.0/24" }],
  services: [{ port: 21, forwarding: "nat" }],
});
const conf = vsftpdConf(site)!;

/** vsftpd reads its file before it looks for a connection, which Node's pipe is not, and tells both on standard input. */
const judge = (text: string) => {
  const path = folder.write("vsftpd.conf", text.replace("listen=YES", "listen=NO"));
  return ask("vsftpd", [path], { inside: "exec 0>&1" }).stdout;
};

test("vsftpd takes every setting of vsftpd.conf", () => {
  expect(judge(conf)).toBe("500 OOPS: can only support ipv4 and ipv6 currently\r\n");
});

test("vsftpd refuses a setting that it does not know", () => {
  expect(judge(conf.replace("anon_root", "anonymous_root"))).toBe(
    "500 OOPS: unrecognised variable in config file: anonymous_root\r\n",
  );
});

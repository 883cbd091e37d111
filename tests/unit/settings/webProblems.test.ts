import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const redirect = { ...web, tls: { redirect: true } };

const phpFile = (path: string): [string, Record<string, unknown>, string] => [
  `the PHP file ${path}`,
  { wordpress: { phpFiles: [path] } },
  "wordpress.phpFiles[0]: write the path of a PHP file, such as /wp-content/plugins/NAME/file.php, or of a folder, with / at its end; uploads are never executed",
];

test.each<[string, Record<string, unknown>, string]>([
  phpFile("wp-content/plugins/one/file.php"),
  phpFile("/wp-content/uploads/file.php"),
  phpFile("/page.html"),
  phpFile("/a|b.php"),
  phpFile("/../file.php"),
  [
    "a proxy that full NAT hides",
    { ...web, networks: [inside], trustedProxies: ["192.0.2.1"], services: [{ forwarding: "fullnat" }] },
    'trustedProxies: web uses "fullnat", with which real servers do not see the proxy\'s address; use another forwarding method, or leave it out',
  ],
  [
    "a proxy of nothing",
    { ...web, trustedProxies: ["192.0.2.1"], services: [{ port: 7, protocol: "udp" }] },
    "trustedProxies: no service uses http or https; leave it out",
  ],
  [
    "a proxy that is no address",
    { ...web, trustedProxies: ["cdn.example.org"] },
    "trustedProxies[0]: write addresses or networks such as 192.0.2.0/24",
  ],
  [
    "https without a certificate",
    { ...web, services: [{ port: 443 }] },
    "services[0]: https needs a certificate; write tls: {} for one",
  ],
  ["a certificate without https", { ...web, tls: {} }, "tls: no service uses https; write one with port 443"],
  [
    "a redirect to a VIP without https",
    { ...redirect, services: [{}, { port: 443, vip: "172.16.0.41" }] },
    "tls.redirect: sends clients of 172.16.0.40 to https at 172.16.0.40:443, where no service uses it; write one with vip 172.16.0.40 and port 443, or leave redirect out",
  ],
  [
    "a redirect to a port of https that only another VIP has",
    {
      ...redirect,
      services: [
        { ports: [80, 443] },
        { vip: "172.16.0.41" },
        { vip: "172.16.0.41", port: 8443, application: "https" },
      ],
    },
    "tls.redirect: sends clients of 172.16.0.41 to https at 172.16.0.41:443, where no service uses it; write one with vip 172.16.0.41 and port 443, or leave redirect out",
  ],
  [
    "a redirect of an IPv6 VIP without https",
    {
      ...redirect,
      network: { cidr6: "fd00:16::/64" },
      services: [{ ports: [80, 443] }, { vip: "fd00:16::40" }],
    },
    "tls.redirect: sends clients of fd00:16::40 to https at [fd00:16::40]:443, where no service uses it; write one with vip fd00:16::40 and port 443, or leave redirect out",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test.each<[string, Record<string, unknown>]>([
  [
    "http and https of each VIP in services of their own",
    {
      services: [
        {},
        { port: 443 },
        { vip: "172.16.0.41" },
        { vip: "172.16.0.41", port: 443 },
        { vip: "172.16.0.42", port: 22 },
      ],
    },
  ],
  ["every port", { services: [{ port: 0, persistence: {} }] }],
  [
    "https on another port of the real servers",
    {
      networks: [inside],
      services: [
        { forwarding: "nat", realServerPort: 8080 },
        { port: 443, forwarding: "nat", realServerPort: 8443 },
      ],
    },
  ],
])("a redirect with %s is taken", (_what, raw) => {
  expect(() => resolveSite("dev", { ...redirect, ...raw })).not.toThrow();
});

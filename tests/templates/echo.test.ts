import { ask, mustAsk } from "./daemon";

/** What socat hears from an echo that was there before its address. */
function hear(instance: string, from: string, input: string, addresses: readonly string[]): string {
  const inside = `ip link set lo up
bash scripts/guest/real-server/lvs-echo ${instance} >/dev/null 2>&1 &
${addresses.map((address) => `ip address add ${address} dev lo nodad 2>/dev/null || ip address add ${address} dev lo`).join("\n")}
until socat /dev/null ${from} 2>/dev/null; do sleep 0.05; done`;
  return mustAsk("socat", ["-t", "1", "-", from], { inside, input });
}

const name = ask("bash", ["-c", "echo $HOSTNAME"]).stdout.trim();

describe("echo puts the real server's name before", () => {
  test("each line over TCP", () => {
    expect(hear("tcp-7-172.16.0.40", "TCP4:172.16.0.40:7", "one\ntwo\n", ["172.16.0.40/32"])).toBe(
      `${name} one\n${name} two\n`,
    );
  });

  // A socket that is connected, as socat's, takes answers from the address alone that it asked.
  test("a packet over UDP, and answers from the address that was asked", () => {
    const addresses = ["172.16.0.32/32", "172.16.0.40/32"];
    expect(hear("udp-7-172.16.0.40", "UDP4:172.16.0.40:7", "one\n", addresses)).toBe(`${name} one\n`);
  });

  test("a packet over UDP and IPv6", () => {
    const addresses = ["fd00:16::20/128", "fd00:16::28/128"];
    expect(hear("udp-7-fd00:16::28", "UDP6:[fd00:16::28]:7", "one\n", addresses)).toBe(`${name} one\n`);
  });
});

/** A real server that goes is served by NFS and MySQL while the director drains it. */
import { type Ended, RootedGuest } from "./guest";

let guest: RootedGuest;

function send(script: "nfs-server" | "mysql-server"): void {
  guest.manifest(script);
  guest.send("lib.sh", "leaving.sh", "sync/push.sh", "backup/backup.sh", "mysql-server/replicated.sh");
  guest.send(`${script}/script.sh`);
}

beforeEach(() => {
  guest = new RootedGuest();
  guest.command("mountpoint", "");
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
  // Commands that put something in force tell what it is.
  guest.command(
    "exportfs",
    `echo "exported: $(awk '/^[/]/ { print $2 }' "$GUEST/etc/exports" | xargs)" >>"$GUEST/log"`,
  );
  guest.command("nft", `echo "let in: $(grep -oE 'saddr .* dport [0-9]+' "$2" | xargs)" >>"$GUEST/log"`);
});
afterEach(() => guest.remove());

const run = (): Ended => guest.job(["7"]);
const again = { code: 0, stdout: "unchanged\n", stderr: "" };
const firewall = (port: number, hosts: readonly string[]) =>
  guest.write("job/firewall.nft", `ip saddr { ${hosts.join(", ")} } tcp dport ${port} accept\n`);

describe("NFS", () => {
  const serve = (...hosts: string[]) =>
    guest.write("job/exports", hosts.map((host) => `/data/wordpress ${host}(rw,sync)\n`).join(""));

  beforeEach(() => {
    send("nfs-server");
    guest.write("etc/exports", "# /etc/exports: the access control list\n");
    guest.write("job/nfs.conf", "[nfsd]\n");
    serve("10.0.0.1", "10.0.0.2");
  });

  test("waits for nothing the first time, whatever the package brought, nor the second", () => {
    expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
    expect(guest.changes()).toEqual(["systemctl start nfs-server.service"]);
    expect(run()).toEqual(again);
    expect(guest.changes()).toEqual([]);
  });

  test("begins a static site with one page, and leaves what became of it", () => {
    guest.write("job/index.html", "first\n");
    guest.write("job/master", "/data/wwwroot\n");
    run();
    expect(guest.read("data/wwwroot/index.html")).toBe("first\n");
    guest.write("data/wwwroot/index.html", "mine\n");
    expect(run()).toEqual(again);
    expect(guest.read("data/wwwroot/index.html")).toBe("mine\n");
  });

  test("exports to an added real server at once", () => {
    run();
    guest.changes();
    serve("10.0.0.1", "10.0.0.2", "10.0.0.3");
    expect(run().code).toBe(0);
    expect(guest.changes()).toEqual(["exported: 10.0.0.1(rw,sync) 10.0.0.2(rw,sync) 10.0.0.3(rw,sync)"]);
  });

  test("exports to old and new while one drains, then to the new alone", () => {
    firewall(2049, ["10.0.0.1", "10.0.0.2"]);
    run();
    guest.changes();
    serve("10.0.0.2", "10.0.0.3");
    firewall(2049, ["10.0.0.2", "10.0.0.3"]);
    expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
    expect(guest.changes()).toEqual([
      "exported: 10.0.0.2(rw,sync) 10.0.0.3(rw,sync) 10.0.0.1(rw,sync)",
      "let in: saddr { 10.0.0.2, 10.0.0.3 } tcp dport 2049 saddr 10.0.0.1 tcp dport 2049",
      "sleep 7",
      "exported: 10.0.0.2(rw,sync) 10.0.0.3(rw,sync)",
      "let in: saddr { 10.0.0.2, 10.0.0.3 } tcp dport 2049",
    ]);
    expect(guest.read("etc/exports")).toBe(guest.read("job/exports"));
    expect(run()).toEqual(again);
    expect(guest.changes()).toEqual([]);
  });

  test("a job that was cut off while one drains takes it away the next time", () => {
    run();
    serve("10.0.0.2");
    guest.command("sleep", "exit 1");
    expect(run().code).toBe(1);
    expect(guest.read("etc/exports")).toContain("10.0.0.1");
    guest.command("sleep", "");
    expect(run().code).toBe(0);
    expect(guest.read("etc/exports")).toBe("/data/wordpress 10.0.0.2(rw,sync)\n");
  });
});

describe("MySQL", () => {
  const serve = (...hosts: string[]) => {
    guest.write("job/users.sql", `create ${hosts.join(" ")}\n`);
    guest.write("job/removed-users.sql", `keep ${hosts.join(" ")}\n`);
  };

  beforeEach(() => {
    send("mysql-server");
    const certificates = ["ca.crt", "server.crt", "server.key"];
    for (const name of ["my.cnf", "settings.sql", "site.sql", ...certificates])
      guest.write(`job/${name}`, "");
    guest.write("var/lib/mysql/mysql_upgrade_info", "10.11\n");
    // Hosts of users are lines of a file; SQL is one word and hosts.
    guest.write("users", "");
    guest.command("mariadb-dump", 'cat "$GUEST/users"');
    guest.command(
      "mariadb",
      `case "$*" in *VERSION*) echo 10.11 && exit ;; *have_ssl*) echo YES && exit ;; *COUNT*) echo 1 && exit ;; esac
read -r word hosts || exit 0
if [[ "$word" == create ]]; then
  for host in $hosts; do grep -qFx "$host" "$GUEST/users" || echo "$host" >>"$GUEST/users"; done
  grep -vFx -f <(printf '%s\\n' $hosts) "$GUEST/users" || true
else
  printf '%s\\n' $hosts >"$GUEST/users"
fi
echo "users: $(xargs <"$GUEST/users")" >>"$GUEST/log"`,
    );
    serve("10.0.0.1", "10.0.0.2");
  });

  test("waits for nothing and drops nobody when nobody goes", () => {
    expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
    expect(guest.changes()).toEqual(["systemctl start mariadb.service", "users: 10.0.0.1 10.0.0.2"]);
    expect(run()).toEqual(again);
    expect(guest.changes()).toEqual(["users: 10.0.0.1 10.0.0.2"]);
  });

  test("has users of old and new while two drain, then of the new alone", () => {
    firewall(3306, ["10.0.0.1", "10.0.0.2"]);
    run();
    guest.changes();
    serve("10.0.0.3");
    firewall(3306, ["10.0.0.3"]);
    const { code, stderr } = run();
    expect([code, stderr.split("\n").slice(0, 2)]).toEqual([
      0,
      ["serving 10.0.0.1 10.0.0.2 for 7 s more", "changed users and grants"],
    ]);
    expect(guest.changes()).toEqual([
      "users: 10.0.0.1 10.0.0.2 10.0.0.3",
      "let in: saddr { 10.0.0.3 } tcp dport 3306 saddr 10.0.0.1 tcp dport 3306 saddr 10.0.0.2 tcp dport 3306",
      "sleep 7",
      "users: 10.0.0.3",
      "let in: saddr { 10.0.0.3 } tcp dport 3306",
    ]);
    expect(run()).toEqual(again);
  });
});

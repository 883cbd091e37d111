/** PHP sessions in a running MariaDB, by way of a wpdb that does what WordPress's does. */
import { createHash } from "node:crypto";
import { Folder, mustAsk } from "./daemon";
import { bootstrap, startServer, systemTables } from "./oneDatabase";

const folder = new Folder();
afterAll(() => folder.remove());

beforeAll(() => {
  bootstrap(folder, `${systemTables()}CREATE DATABASE wpdb;\n`);
}, 60_000);

/** Of wpdb, what sessions.php uses. It refuses text that is no UTF-8, as WordPress's does. */
const wpdb = `<?php
class wpdb {
    public $base_prefix = 'wp_';
    public $last_error = '';
    public $last_result = [];
    public $rows_affected = 0;
    private $connection;
    function __construct() {
        mysqli_report(MYSQLI_REPORT_OFF);
        $this->connection = new mysqli('localhost', 'root', '', 'wpdb', 0, '/run/mysqld/mysqld.sock');
        $this->connection->set_charset('utf8mb4');
    }
    function prepare($sql, ...$values) {
        $quoted = array_map(fn($value) => is_int($value) ? $value : $this->connection->real_escape_string($value), $values);
        return vsprintf(str_replace('%s', "'%s'", $sql), $quoted);
    }
    function suppress_errors($wanted = true) { return false; }
    function query($sql) {
        if (!preg_match('//u', $sql)) throw new Exception('no UTF-8');
        $result = $this->connection->query($sql);
        $this->last_error = $this->connection->error;
        if ($result === false) return false;
        $this->last_result = $result instanceof mysqli_result ? array_map(fn($row) => (object) $row, $result->fetch_all(MYSQLI_ASSOC)) : [];
        return $this->rows_affected = $this->connection->affected_rows;
    }
    function get_var($sql) { $this->query($sql); return current((array) $this->last_result[0]); }
}
`;

/** What PHP prints with sessions in that database. */
function said(code: string): string[] {
  folder.write("wpdb.php", wpdb);
  // The command line has no sessions of its own: the handler is made by hand.
  const start = `error_reporting(-1);
    ini_set("display_errors", "stderr");
    require $argv[1];
    require $argv[2];
    $wpdb = new wpdb();
    $handler = new LvsSessions();
    session_set_save_handler($handler, true);
    function visit(string $id, callable $act): void {
      session_id($id);
      session_start(["use_cookies" => 0, "use_strict_mode" => 1, "cache_limiter" => ""]);
      $act();
      session_write_close();
    }
    ob_start();
    ${code}`;
  const args = ["-r", start, "--", `${folder.path}/wpdb.php`];
  const path = "scripts/guest/real-server/wordpress/sessions.php";
  return mustAsk("php", [...args, path], { inside: startServer(folder) })
    .split("\n")
    .filter(Boolean);
}

test("a session keeps what it was given, bytes that are no text too, and another process finds it", () => {
  const [id] = said(
    `visit(session_create_id(), function () { $_SESSION["a"] = "\\xff\\0'"; echo session_id(), "\\n"; });`,
  );
  expect(
    said(`visit("${id}", function () { echo bin2hex($_SESSION["a"]), "\\n"; });
      visit("${id}", function () { echo count($_SESSION), "\\n"; session_destroy(); });
      visit("${id}", function () { echo session_id() === "${id}" ? "taken" : "another", "\\n"; });`),
  ).toEqual(["ff0027", "1", "another"]);
});

test("the database has no cookie, and nobody gets a session by an id of his own", () => {
  const [id, ...kept] =
    said(`visit("chosenbyanattacker", function () { $_SESSION["a"] = 1; echo session_id(), "\\n"; });
    $wpdb->query("SELECT id FROM wp_lvs_sessions");
    foreach ($wpdb->last_result as $row) echo $row->id, "\\n";`);
  expect(id).not.toBe("chosenbyanattacker");
  expect(kept).toContain(createHash("sha256").update(id!).digest("hex"));
  expect(kept).not.toContain(id);
});

test("a session that has ended is not read, and is removed", () => {
  expect(
    said(`visit(session_create_id(), function () { $_SESSION["a"] = 1; $GLOBALS["id"] = session_id(); });
      $wpdb->query("UPDATE wp_lvs_sessions SET expires = 1");
      visit($id, function () { global $id; echo session_id() === $id ? "old" : "new", "\\n"; });
      echo $handler->gc(0) > 0 ? "removed" : "nothing", "\\n";
      echo $wpdb->get_var("SELECT COUNT(*) FROM wp_lvs_sessions WHERE expires = 1"), "\\n";`),
  ).toEqual(["new", "removed", "0"]);
});

test("two requests of one session come one after the other", () => {
  expect(
    said(`visit(session_create_id(), function () {
        $_SESSION["a"] = 1;
        $other = new wpdb();
        $name = "lvs_" . substr(hash("sha256", session_id()), 0, 48);
        echo $other->get_var("SELECT IS_FREE_LOCK('$name')"), "\\n";
        $GLOBALS["name"] = $name;
      });
      echo $wpdb->get_var("SELECT IS_FREE_LOCK('$name')"), "\\n";`),
  ).toEqual(["0", "1"]);
});

import { readFileSync } from "node:fs";
import { Folder, ask } from "./daemon";
import { bootstrap, startServer, systemTables } from "./oneDatabase";

const folder = new Folder();
afterAll(() => folder.remove());

const shop = "scripts/guest/real-server/shop";

beforeAll(() => {
  const schema = readFileSync(`${shop}/shop.sql`, "utf8");
  const order = "INSERT INTO orders (product, client) VALUES (1, '192.0.2.1');";
  bootstrap(folder, `${systemTables()}${schema}\n${order}\n${schema}\n`);
}, 60_000);

const running = startServer(folder);

/** What the shop shows to a request, the status behind it. */
function page(script: string, request: { method?: string; product?: string } = {}, inside = running) {
  const code = `$_SERVER["REQUEST_METHOD"] = $argv[2];
    $_SERVER["REMOTE_ADDR"] = "192.0.2.7";
    $_POST["product"] = $argv[3];
    register_shutdown_function(fn() => print("\\nstatus " . http_response_code()));
    require $argv[1];`;
  const args = [`${shop}/${script}`, request.method ?? "GET", request.product ?? ""];
  return ask("php", ["-r", code, "--", ...args], { inside }).stdout;
}

const ordersOf = (text: string) =>
  [...text.matchAll(/<tr><td>([^<]*)<td>[^<]*<td>(\d+)/g)].map(([, name, orders]) => [name, orders]);

test("the shop lists its products, each with its orders, also after the schema was laid down again", () => {
  expect(ordersOf(page("shop.php"))).toEqual([
    ["Teapot", "1"],
    ["Tea cup", "0"],
    ["Oolong, 100 g", "0"],
  ]);
});

test("an order counts, and is confirmed", () => {
  const text = page("shop.php", { method: "POST", product: "2" });
  expect(text).toContain("<p>Ordered: Tea cup.</p>");
  expect(ordersOf(text)[1]).toEqual(["Tea cup", "1"]);
});

test("what is no product cannot be ordered", () => {
  expect(page("shop.php", { method: "POST", product: "9" })).toBe("no such product\n\nstatus 404");
});

test("the page tells which real server answers whom", () => {
  expect(page("shop.php")).toMatch(/Real server <b>[^<]+<\/b> answers client <b>192\.0\.2\.7<\/b>/);
});

test("the shop is ready with its database, and not without", () => {
  expect(page("readyz.php")).toBe("ready\n\nstatus 200");
  expect(page("readyz.php", {}, "mount -t tmpfs run /run")).toContain("status 503");
});

test("www-data comes without a password, through the socket alone, and takes orders but no more", () => {
  const grants = "SELECT Host, plugin FROM mysql.user WHERE User = 'www-data'";
  const rights =
    "SELECT TABLE_SCHEMA, GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY 1 SEPARATOR ' ') FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE '%www-data%' GROUP BY 1";
  const select = (query: string, name: string) => {
    const file = `${folder.path}/${name}`;
    const input = `USE mysql;\nFLUSH PRIVILEGES;\n${query} INTO OUTFILE '${file}';\n`;
    bootstrap(folder, input);
    return readFileSync(file, "utf8");
  };
  expect(select(grants, "user")).toBe("localhost\tunix_socket\n");
  expect(select(rights, "rights")).toBe("shop\tINSERT SELECT\n");
});

test("MariaDB listens on its socket alone", () => {
  const { code, stdout } = ask("mariadbd", [`--defaults-file=${shop}/my.cnf`, "--help", "--verbose"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^skip-networking +TRUE$/m);
  expect(stdout).toMatch(/^innodb-buffer-pool-size +67108864$/m);
});

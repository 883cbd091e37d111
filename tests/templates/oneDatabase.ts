/** A MariaDB server of the tests' own, on a data folder of its own. */
import { readFileSync } from "node:fs";
import { type Folder, mustAsk } from "./daemon";

/** The options of each mariadbd on that data folder. */
export const serverOptions = (folder: Folder): string[] => [
  "--no-defaults",
  `--datadir=${folder.folder("data")}`,
  `--tmpdir=${folder.path}`,
  "--user=root",
  "--innodb-log-file-size=8M",
];

/** Fills the data folder by SQL, without a running server. */
export const bootstrap = (folder: Folder, input: string): string =>
  mustAsk("mariadbd", [...serverOptions(folder), "--bootstrap", "--log-warnings=0"], { input });

/** SQL that makes the system tables, which a server needs as soon as somebody connects. */
export function systemTables(): string {
  const scripts = ["mysql_system_tables", "mysql_system_tables_data"].map((name) =>
    readFileSync(`/usr/share/mysql/${name}.sql`, "utf8"),
  );
  return `CREATE DATABASE mysql;
USE mysql;
SET @auth_root_socket=NULL;
SET @skip_auth_anonymous=1;
${scripts.join("\n")}
FLUSH PRIVILEGES;
`;
}

/** Shell commands that start the server at its usual socket. It lets everybody in, as the test is not www-data. */
export const startServer = (folder: Folder): string => `mount -t tmpfs run /run
mkdir /run/mysqld
mariadbd ${serverOptions(folder).join(" ")} --skip-grant-tables --skip-networking --socket=/run/mysqld/mysqld.sock >${folder.path}/log 2>&1 &
until [ -S /run/mysqld/mysqld.sock ]; do sleep 0.05; done`;

/** npm run docs: writes docs/settings.md from the schema, and the rooms of docs/architecture.md from rooms.json. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsPage } from "../project/settingsPage";
import { projectRoot } from "../project/paths";
import { withRooms } from "../project/roomsPage";

writeFileSync(join(projectRoot, "docs/settings.md"), settingsPage());
const architecture = join(projectRoot, "docs/architecture.md");
writeFileSync(architecture, withRooms(readFileSync(architecture, "utf8")));

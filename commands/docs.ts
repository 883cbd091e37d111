/** npm run docs: writes docs/settings.md from the schema. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsPage } from "../project/settingsPage";
import { projectRoot } from "../project/paths";

writeFileSync(join(projectRoot, "docs/settings.md"), settingsPage());

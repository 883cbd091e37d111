/** Settings -> site -> outputs. */
import * as pulumi from "@pulumi/pulumi";
import { checkBackupKey } from "./preflight/backupKey";
import { checkCertificate } from "./preflight/certificate";
import { checkHost } from "./preflight/host";
import { checkScripts } from "./preflight/checkScripts";
import { Site } from "./components/site";
import { readStackFile } from "./preflight/stackFile";

const settings = readStackFile();
checkCertificate(settings);
checkBackupKey(settings);
checkScripts(settings);
checkHost(settings);
const built = new Site("site", settings);

/** Everything that was decided: addresses, sizes, services. What a site has not is null. */
export const site = settings;
export const url = built.url;
export const imageHash = built.imageHash;
export const adminPassword = built.adminPassword ? pulumi.secret(built.adminPassword) : null;
export const databasePassword = built.databasePassword ? pulumi.secret(built.databasePassword) : null;
export const caCertificate = built.caCertificate ?? null;
export const operatorKey = pulumi.secret(built.operatorKey);
export const hostKeys = built.hostKeys;

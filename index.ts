/** Settings -> site -> outputs. */
import * as pulumi from "@pulumi/pulumi";
import { checkHost } from "./components/hostCheck";
import { Site } from "./components/site";
import { readStackFile } from "./components/stackFile";

const settings = readStackFile();
checkHost(settings);
const built = new Site("site", settings);

/** Everything that was decided: addresses, sizes, services. */
export const site = settings;
export const url = built.url;
export const imageHash = built.imageHash;
export const adminPassword = pulumi.secret(built.adminPassword);
export const databasePassword = pulumi.secret(built.databasePassword);
export const operatorKey = pulumi.secret(built.operatorKey);
export const hostKeys = built.hostKeys;

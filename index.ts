/** The Pulumi program: reads the settings, checks them, builds the site, and exports the outputs. */
import * as pulumi from "@pulumi/pulumi";
import { checkBackupKey } from "./preflight/backupKey";
import { checkCertificate } from "./preflight/certificate";
import { checkHost } from "./preflight/host";
import { checkScripts } from "./preflight/checkScripts";
import { Site } from "./components/site";
import { hasSecrets, readStackFile } from "./preflight/stackFile";
import { type StackOutputs, outputsVersion } from "./settings/outputs";

/** The outputs as the program exports them: a value may be known later, and an output that the site does not have is null. */
export type ExportedOutputs = {
  readonly [Name in keyof Required<StackOutputs>]: undefined extends StackOutputs[Name]
    ? pulumi.Input<NonNullable<StackOutputs[Name]>> | null
    : pulumi.Input<StackOutputs[Name]>;
};

const settings = readStackFile();
checkCertificate(settings);
checkBackupKey(settings);
checkScripts(settings);
const { ownMachines } = checkHost(settings);
const built = new Site("site", settings, ownMachines);

const outputs = {
  version: outputsVersion,
  site: hasSecrets() ? pulumi.secret(settings) : settings,
  url: built.url,
  imageHash: built.imageHash,
  adminPassword: built.adminPassword ? pulumi.secret(built.adminPassword) : null,
  databasePassword: built.databasePassword ? pulumi.secret(built.databasePassword) : null,
  caCertificate: built.caCertificate ?? null,
  operatorKey: pulumi.secret(built.operatorKey),
  hostKeys: built.hostKeys,
} satisfies ExportedOutputs;

// Pulumi takes each export of this module as an output. engines/offline/main.ts has the compiler check that none is missing.
export const { version, site, url, imageHash } = outputs;
export const { adminPassword, databasePassword, caCertificate, operatorKey, hostKeys } = outputs;

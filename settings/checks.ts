/** Problems of a stack file, and of the site that it describes. */
import { addressProblems } from "./checks/addresses";
import { availabilityProblems } from "./checks/availability";
import { backupFileProblems, backupPlaces } from "./checks/backup";
import { cacheProblems } from "./checks/cache";
import { managementProblems } from "./checks/management";
import { memoryProblems } from "./checks/memory";
import { networkProblems } from "./checks/networks";
import { replicaProblems } from "./checks/replica";
import { storagePlaces } from "./checks/places";
import { serviceProblems } from "./checks/services";
import { syncProblems } from "./checks/sync";
import { unusedProblems } from "./checks/unused";
import { updateProblems } from "./checks/updates";
import { isLocal } from "./hypervisor";
import type { Problem } from "./problems";
import { namedMachines } from "./roles";
import type { StackFile } from "./schema";
import { type SiteSettings, machinesOf } from "./site";

/** Problems of the file itself. With any of these no site can be assembled. */
export function fileProblems(file: StackFile): Problem[] {
  return [
    ...hypervisorProblems(file),
    ...managementProblems(file),
    ...networkProblems(file),
    ...eitherOrProblems(file),
    ...contentProblems(file),
    ...unusedProblems(file),
    ...replicaProblems(file),
    ...syncProblems(file),
    ...cacheProblems(file),
    ...backupFileProblems(file),
  ];
}

/** Problems of the assembled site. */
export function siteProblems(site: SiteSettings, file: StackFile): Problem[] {
  return [
    ...addressProblems(site, file),
    ...nameProblems(site),
    ...serviceNameProblems(site),
    ...storagePlaces(site),
    ...backupPlaces(site),
    ...serviceProblems(site, file),
    ...availabilityProblems(site, file),
    ...memoryProblems(site, file),
    ...updateProblems(site),
  ];
}

function hypervisorProblems({ hypervisor: { uri, accelerator } }: StackFile): Problem[] {
  if (isLocal(uri) || accelerator !== "auto") return [];
  const message = `"auto" cannot be tried on another host; write "kvm" or "qemu"`;
  return [{ path: "hypervisor.accelerator", message }];
}

/** Reports settings that have a singular and a plural form, such as `vip` and `vips`, when both are written. */
function eitherOrProblems(file: StackFile): Problem[] {
  const pairs = [
    ...namedMachines.map(({ path, inFile }) => ({
      path,
      said: inFile(file),
      one: "address",
      several: "addresses",
    })),
    ...file.realServers.map((said, index) => ({
      path: `realServers[${index}]`,
      said,
      one: "address",
      several: "addresses",
    })),
    ...file.services.flatMap((said, index) =>
      ["vip", "port"].map((one) => ({ path: `services[${index}]`, said, one, several: `${one}s` })),
    ),
  ];
  return pairs
    .filter(({ said, one, several }) => {
      const keys = (said ?? {}) as Record<string, unknown>;
      return keys[one] !== undefined && keys[several] !== undefined;
    })
    .map(({ path, one, several }) => ({
      path: `${path}.${several}`,
      message: `cannot be combined with ${one}; write one of the two`,
    }));
}

function contentProblems({ content, nfs, mysql, tls }: StackFile): Problem[] {
  const problems: Problem[] = [];
  if (mysql && content !== "wordpress")
    problems.push({
      path: "mysql",
      message: `a ${content} site has no MySQL server; leave it out, or write "wordpress" as content`,
    });
  if (nfs && content === "shop")
    problems.push({
      path: "nfs",
      message: 'a shop has its pages on each real server; leave it out, or write "static" as content',
    });
  if (tls && (tls.certificateFile === undefined) !== (tls.keyFile === undefined))
    problems.push({
      path: "tls",
      message: "a certificate of your own needs both certificateFile and keyFile; write both or neither",
    });
  if (tls && tls.renewalDays >= tls.validityDays)
    problems.push({
      path: "tls.renewalDays",
      message: `${tls.renewalDays} days before its end is before its beginning; write a number below ${tls.validityDays}`,
    });
  return problems;
}

function nameProblems(site: SiteSettings): Problem[] {
  const present = machinesOf(site).filter(({ role }) => role !== "realServer");
  const others = namedMachines
    .filter(({ name, nameMayBeTaken }) => !nameMayBeTaken || present.some((machine) => machine.name === name))
    .map(({ name }) => name);
  const names = site.realServers.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const message = `"${name}" is already a machine's name; write another`;
    const taken = others.includes(name) || names.indexOf(name) < index;
    return taken ? [{ path: `realServers[${index}].name`, message }] : [];
  });
}

function serviceNameProblems({ services }: SiteSettings): Problem[] {
  const names = services.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const message = `"${name}" is already a service's name; write another`;
    return names.indexOf(name) < index ? [{ path: `services[${index}].name`, message }] : [];
  });
}

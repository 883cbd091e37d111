/** Whether whoever brings the site up will be let in. */
import { isLocal } from "../hypervisor";
import type { Problem } from "../problems";
import type { StackFile } from "../schema";

/** On a hypervisor elsewhere the operator's packets come from elsewhere too, and only the operator knows from where. */
export function managementProblems({ hypervisor, layDown, firewall, managementCidrs }: StackFile): Problem[] {
  if (!layDown || !firewall || managementCidrs.length > 0 || isLocal(hypervisor.uri)) return [];
  const message = `is empty, and ${hypervisor.uri} is another host: its machines would drop your ssh; write the networks from which you reach them, or "false" as firewall`;
  return [{ path: "managementCidrs", message }];
}

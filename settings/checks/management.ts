/** Checks that the firewall will accept the operator. */
import { isLocal } from "../hypervisor";
import type { Problem } from "../problems";
import type { StackFile } from "../schema";

/** For a hypervisor on another host, the operator's addresses are not the hypervisor's. Only the operator knows them. */
export function managementProblems({ hypervisor, layDown, firewall, managementCidrs }: StackFile): Problem[] {
  if (!layDown || !firewall || managementCidrs.length > 0 || isLocal(hypervisor.uri)) return [];
  const message = `is empty, and ${hypervisor.uri} is another host: its machines would drop your ssh; write the networks from which you reach them, or "false" as firewall`;
  return [{ path: "managementCidrs", message }];
}

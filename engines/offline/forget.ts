/** What the journal knows of machines that libvirt no longer has. */
import { domainOf } from "../plan";
import type { Entry, Journal } from "./journal";

/**
 * Has the next `up` make a machine anew. Other machines' commands before it is replaced stay and will run; its own cannot run any
 * more.
 */
export function forgetMachine(journal: Journal, machine: string): void {
  const domain = journal.find(`libvirt:index/domain:Domain::${domainOf(machine)}`);
  if (domain) journal.put({ ...domain, unfinished: true });
  const host = hostOf(journal.entries.find(({ name }) => name.startsWith(`${machine}-guest-`)));
  const own = (entry: Entry) => entry.inputs.delete !== undefined && hostOf(entry) === host;
  for (const entry of journal.entries.filter(own)) journal.remove(entry);
}

/** The address of the machine on which a remote command runs. */
const hostOf = (entry: Entry | undefined): unknown =>
  (entry?.inputs.connection as { host?: string } | undefined)?.host;

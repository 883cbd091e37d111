/** What the journal knows of machines that libvirt no longer has. */
import { domainOf } from "../plan";
import { type Entry, type Journal, hostOf, isBeforeOthers } from "./journal";

/**
 * Has the next `up` make a machine anew. Other machines' commands before it is replaced stay and will run; its own cannot run any
 * more.
 */
export function forgetMachine(journal: Journal, machine: string): void {
  const domain = journal.find(`libvirt:index/domain:Domain::${domainOf(machine)}`);
  if (domain) journal.put({ ...domain, unfinished: true });
  const job = journal.entries.find(({ name }) => name.startsWith(`${machine}-guest-`));
  if (!job) return;
  const own = (entry: Entry) => isBeforeOthers(entry) && hostOf(entry) === hostOf(job);
  for (const entry of journal.entries.filter(own)) journal.remove(entry);
}

/** The hypervisor, and the names that a stack has on it. */

/** Used where a stack file names no URI. */
export const defaultUri = "qemu:///system";

/** Where libvirt keeps disk images; each stack has a folder of its own below it. */
export const imageFolder = "/var/lib/libvirt/images";

/**
 * Whether a libvirt URI is of this machine: one without a host part, such as `qemu:///system`, `qemu:///session` or
 * `qemu+unix:///system` (libvirt, "Connection URIs"). `qemu+ssh://host/system` is another machine's, and so is
 * `qemu+ssh://localhost/system`: libvirt is reached through the network there.
 */
export const isLocal = (uri: string): boolean => /^[a-z]+(\+[a-z]+)?:\/\/\//.test(uri);

/** The name of a machine's domain in libvirt. */
export const libvirtNameOf = (
  { stack }: { readonly stack: string },
  { name }: { readonly name: string },
): string => `lvs-${stack}-${name}`;

/** The name of the stack's storage pool in libvirt. */
export const poolNameOf = (stack: string): string => `lvs-${stack}`;

/** The folder of the stack's storage pool. */
export const poolFolderOf = (stack: string): string => `${imageFolder}/${poolNameOf(stack)}`;

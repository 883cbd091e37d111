/** The hypervisor, and the names that a stack has on it. */

/** Default libvirt connection URI of a stack file. */
export const defaultUri = "qemu:///system";

/** Where libvirt keeps disk images; each stack has a folder of its own below it. */
export const imageFolder = "/var/lib/libvirt/images";

/**
 * Whether a libvirt URI means this host: one without a host part, such as `qemu:///system`, `qemu:///session` or
 * `qemu+unix:///system` (libvirt, "Connection URIs"). False for `qemu+ssh://host/system`, and also for
 * `qemu+ssh://localhost/system`, because libvirt is reached over the network there.
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

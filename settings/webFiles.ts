/** The places of a site's web files: on NFS or on each real server's own disk, with or without a source that pushes them. */
import type { MachineSettings, SiteSettings } from "./site";

/** Whether each real server has WordPress's code on its own disk, so that only uploads are shared. */
export const hasLocalCode = ({ content, wordpress }: SiteSettings): boolean =>
  content === "wordpress" && wordpress.shared === "uploads";

/** The machine with the master copy of pushed web files: WordPress's NFS server, or a static site's source. */
export const sourceOf = ({ sync, source, nfs }: SiteSettings): MachineSettings | undefined =>
  sync === "lsyncd" ? (source ?? nfs) : undefined;

/** The folder of web files on a real server's own disk. */
export const localFiles = ({ content }: SiteSettings): string =>
  content === "wordpress" ? "/srv/wordpress" : "/srv/wwwroot";

/** The folder of the master copy at the source. */
export const masterFiles = ({ content }: SiteSettings): string =>
  content === "wordpress" ? "/data/wordpress" : "/data/wwwroot";

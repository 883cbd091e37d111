/** Where a site's web files are: shared over NFS, or on each real server, with or without a source that pushes them. */
import type { MachineSettings, SiteSettings } from "./site";

/** Whether each real server has WordPress's code on its own disk, and only uploads are shared. */
export const hasLocalCode = ({ content, wordpress }: SiteSettings): boolean =>
  content === "wordpress" && wordpress.shared === "uploads";

/** The machine with the master copy of web files that are pushed: WordPress's NFS server, or one of its own. */
export const sourceOf = ({ sync, source, nfs }: SiteSettings): MachineSettings | undefined =>
  sync === "lsyncd" ? (source ?? nfs) : undefined;

/** Where web files are that are on each real server itself. */
export const localFiles = ({ content }: SiteSettings): string =>
  content === "wordpress" ? "/srv/wordpress" : "/srv/wwwroot";

/** Where the source has them. */
export const masterFiles = ({ content }: SiteSettings): string =>
  content === "wordpress" ? "/data/wordpress" : "/data/wwwroot";

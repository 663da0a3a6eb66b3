import { resolve, sep } from "node:path";
import { AppError } from "../../model/errors.ts";

/** Name prefix of files being written; such names are never listed and not accepted as keys. */
export const TEMPORARY_PREFIX = ".ossnap-writing-";

/**
 * The path of a bucket key below `root`.
 * @throws AppError `invalid` for keys that a directory cannot hold or that would escape from it.
 */
export function pathOf(root: string, fullKey: string, subject: string): string {
  const segments = fullKey.split("/");
  if (segments.includes(""))
    throw new AppError("invalid", `${subject}: the key has an empty segment, which a directory cannot hold: remove it`);
  if (segments.some((segment) => segment.startsWith(TEMPORARY_PREFIX))) {
    throw new AppError(
      "invalid",
      `${subject}: names beginning with ${TEMPORARY_PREFIX} are reserved for files being written: choose another`,
    );
  }
  const path = resolve(root, ...segments);
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new AppError("invalid", `${subject}: the key leads out of the directory`);
  return path;
}

import { realpath, stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { type Base, baseOf } from "../blobs/keys.ts";
import { directoryError, isMissing } from "./errors.ts";
import { pathOf } from "./paths.ts";

/** A directory in the role of a bucket. */
export interface DirectoryPlace {
  root: string;
  url: string;
  base: Base;
  /** For messages: the url with the key, and the call. */
  subject(key: string, call: string): string;
  /** Runs the work on the key's path and maps system errors. */
  onPath<T>(key: string, call: string, work: (path: string) => Promise<T>): Promise<T>;
  /** @throws AppError `absent` when the directory itself is missing, which must not be mistaken for a missing key. */
  check(subject: string): Promise<void>;
}

export function directoryPlace(directory: string, basePath: string): DirectoryPlace {
  const root = resolve(directory);
  const url = pathToFileURL(basePath === "" ? root : resolve(root, basePath)).href;
  const base = baseOf(basePath, url);
  const subject = (key: string, call: string) => `${url}/${key}: ${call}`;
  return {
    root,
    url,
    base,
    subject,
    async onPath(key, call, work) {
      try {
        const path = pathOf(root, base.full(key), subject(key, call));
        await requireInside(root, path, subject(key, call));
        return await work(path);
      } catch (error) {
        throw directoryError(error, subject(key, call));
      }
    },
    check: (about) => checkRoot(root, about),
  };
}

/** A link among the folders of a key could lead anywhere; a listing does not follow it either. */
async function requireInside(root: string, path: string, subject: string): Promise<void> {
  const realRoot = await realpathOf(root);
  if (realRoot === undefined) return;
  // A write makes the folders that are missing.
  let folder = dirname(path);
  let real = await realpathOf(folder);
  for (; real === undefined && folder !== root; real = await realpathOf(folder)) folder = dirname(folder);
  if (real === resolve(realRoot, relative(root, folder))) return;
  throw new AppError("invalid", `${subject}: ${folder} is or passes a symbolic link: copy the repository without links`);
}

/** Undefined where nothing exists. */
async function realpathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function checkRoot(root: string, subject: string): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
  } catch (error) {
    if (!isMissing(error)) throw directoryError(error, subject);
  }
  throw new AppError("absent", `${subject}: the directory ${root} does not exist: create it or correct the path`, {
    reason: reason("place.absent", { place: root }),
  });
}

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../../model/errors.ts";
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
        return await work(pathOf(root, base.full(key), subject(key, call)));
      } catch (error) {
        throw directoryError(error, subject(key, call));
      }
    },
    check: (about) => checkRoot(root, about),
  };
}

async function checkRoot(root: string, subject: string): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
  } catch (error) {
    if (!isMissing(error)) throw directoryError(error, subject);
  }
  throw new AppError("absent", `${subject}: the directory ${root} does not exist: create it or correct the path`);
}

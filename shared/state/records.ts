import type * as z from "zod";
import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import { type Reason, reason } from "../model/reason.ts";
import { readObject } from "./objects.ts";

/** A record that only helps, such as a cache: damaged, it counts as absent, and `fault` says so. */
export interface Hint<T> {
  value?: T;
  fault?: Reason;
}

/** Reads a record that others can do without: one that is damaged stops nothing, is logged, and is told by `fault` where a person looks. */
export async function readHint<T>(
  { state, logger }: { state: BlobStore; logger: Logger },
  key: string,
  shape: z.ZodType,
): Promise<Hint<T>> {
  try {
    const value = await readShaped<T>(state, key, shape);
    return value === undefined ? {} : { value };
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    logger.error("a record of the state is damaged and counts as absent", { object: key, error: messageOf(error) });
    return { fault: reason("state.recordDamaged", { object: key, message: messageOf(error) }) };
  }
}

/** Reads a record; `undefined` if it is absent. Errors: `invalid` for one of another shape, `null` included. */
export async function readShaped<T>(state: BlobStore, key: string, shape: z.ZodType): Promise<T | undefined> {
  const found = await readObject<unknown>(state, key);
  if (found === undefined) return undefined;
  const read = shape.safeParse(found);
  // As it is stored, so that what a newer version added is not lost when it is written back.
  if (read.success) return found as T;
  const path = read.error.issues[0]?.path.join(".") ?? "";
  throw new AppError("invalid", `state object ${key}: is damaged: ${path === "" ? "it is no record" : `it has no valid ${path}`}`);
}

import type * as z from "zod";
import type { BlobStore } from "../model/blobStore.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import { type Reason, reason } from "../model/reason.ts";
import { damagedObject, readObject } from "./objects.ts";

/** A record that only helps, such as a cache: damaged, it counts as absent, and `fault` says so. */
export interface Hint<T> {
  value?: T;
  fault?: Reason;
}

/** Reads a record that others can do without: one that is damaged stops nothing, is logged with what it does `meanwhile`, and is told by `fault` where a person looks. */
export async function readHint<T>(
  { state, logger }: { state: BlobStore; logger: Logger },
  key: string,
  shape: z.ZodType,
  meanwhile = "counts as absent",
): Promise<Hint<T>> {
  try {
    const value = await readShaped<T>(state, key, shape);
    return value === undefined ? {} : { value };
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    logger.error(`a record of the state is damaged and ${meanwhile}`, { object: key, error: messageOf(error) });
    return { fault: reason("state.recordDamaged", { object: key, message: messageOf(error) }) };
  }
}

/** What `read` returns; `"damaged"` for a record that cannot be read. */
export async function orDamaged<T>(read: () => Promise<T>): Promise<T | "damaged"> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, "invalid")) return "damaged";
    throw error;
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
  throw damagedObject(key, `is damaged: ${path === "" ? "it is no record" : `it has no valid ${path}`}`);
}

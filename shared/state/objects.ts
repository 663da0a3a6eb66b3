import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode } from "../model/errors.ts";
import { reason } from "../model/reason.ts";

/** Shared, because each TextDecoder allocates outside the heap and a tick reads two objects per open job. */
const utf8 = new TextDecoder();

/** For an object of the state that is not what was written: `invalid` with reason `state.objectDamaged`, which no caller is to blame for. */
export function damagedObject(key: string, what: string, cause?: unknown): AppError {
  const message = `state object ${key}: ${what}`;
  return new AppError("invalid", message, { reason: reason("state.objectDamaged", { object: key, message }), cause });
}

/** Reads a small JSON object of the state; `undefined` if the key is absent. */
export async function readObject<T>(state: BlobStore, key: string): Promise<T | undefined> {
  const bytes = await state.get(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(utf8.decode(bytes)) as T;
  } catch (cause) {
    throw damagedObject(key, "is not JSON", cause);
  }
}

export async function writeObject(state: BlobStore, key: string, value: unknown): Promise<void> {
  await state.put(key, new TextEncoder().encode(JSON.stringify(value)));
}

/** Writes the object unless the key exists and returns whether it did. After a lost response it may return false for its own write. */
export async function writeObjectOnce(state: BlobStore, key: string, value: unknown): Promise<boolean> {
  try {
    await state.put(key, new TextEncoder().encode(JSON.stringify(value)), { ifAbsent: true });
    return true;
  } catch (error) {
    if (hasCode(error, "conflict")) return false;
    throw error;
  }
}

/** All keys below a prefix, without the prefix. */
export async function keysBelow(state: BlobStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of state.list(prefix)) keys.push(key.slice(prefix.length));
  return keys;
}

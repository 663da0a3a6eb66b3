import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";

const deflated = promisify(deflateRaw);

/** A local header and an entry of the directory at the end, without the name that both have (PKWARE's APPNOTE, 4.3.7 and 4.3.12). */
const ENTRY_BYTES = 30 + 46;
/** The end of the directory (4.3.16). */
const END_BYTES = 22;

/** The size of a zip archive with everything below a directory, at zlib's default level. */
export async function zippedBytes(directory: string): Promise<number> {
  let sum = END_BYTES;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    sum += ENTRY_BYTES + 2 * Buffer.byteLength(relative(directory, path)) + (await deflated(await readFile(path))).length;
  }
  return sum;
}

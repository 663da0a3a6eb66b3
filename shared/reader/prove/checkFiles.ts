import { crc32 } from "../../format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText, FOOTER_BYTES, readFooter } from "../../format/encoding/luceneFooter.ts";
import { isCounterNamed } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob } from "../../model/repository.ts";
import { damageOf } from "../metadataReader.ts";

/** A Lucene file with a recorded checksum and its parts in order. */
export interface RecordedFile {
  parts: ClosureBlob[];
  lengthBytes: number;
  checksum: string;
}

export interface FileFaults {
  missing: MissingBlob[];
  damaged: DamagedBlob[];
}

export type FootersFor = "counter-named" | "all";

/**
 * True for a file in several parts with a counter name: its parts may belong to different files, which only a checksum over all of them shows.
 */
export function isSplitCounter({ parts }: RecordedFile): boolean {
  return parts.length > 1 && isCounterNamed(parts[0]?.key ?? "");
}

/** The key of a file without its part number. */
export function fileKeyOf({ parts }: RecordedFile): string {
  const key = parts[0]?.key ?? "";
  return parts.length === 1 ? key : key.slice(0, key.lastIndexOf(".part"));
}

/**
 * Files that can be checked: those with a checksum and all parts. `except` excludes files with a blob that is already known to be wrong.
 */
export function recordedFiles(blobs: readonly ClosureBlob[], footersFor: FootersFor, except: ReadonlySet<string>): RecordedFile[] {
  const files = new Map<string, RecordedFile>();
  const spoilt = new Set<string>();
  for (const blob of blobs) {
    if (blob.file?.checksum === undefined || (footersFor === "counter-named" && !isCounterNamed(blob.key))) continue;
    const name = blob.file.parts === 1 ? blob.key : blob.key.slice(0, blob.key.lastIndexOf(".part"));
    if (except.has(blob.key)) spoilt.add(name);
    const { lengthBytes, checksum, part } = blob.file;
    const file = files.get(name) ?? { parts: [], lengthBytes, checksum };
    file.parts[part] = blob;
    files.set(name, file);
  }
  for (const name of spoilt) files.delete(name);
  return [...files.values()];
}

/** Reads a file's last 16 bytes with one ranged GET, or two if the footer spans two parts. */
export async function checkFooter(store: BlobStore, file: RecordedFile): Promise<FileFaults> {
  const start = file.lengthBytes - FOOTER_BYTES;
  const pieces: Uint8Array[] = [];
  let position = 0;
  for (const blob of file.parts) {
    const [from, end] = [Math.max(0, start - position), blob.sizeBytes ?? 0];
    position += end;
    if (from >= end) continue;
    const piece = await store.get(blob.key, { start: from, end });
    if (piece === undefined) return gone(blob);
    pieces.push(piece);
  }
  return judge(file, Buffer.concat(pieces), undefined);
}

/**
 * Streams all parts and checks their sizes, the CRC-32 over everything but its own eight bytes, the footer and the recorded checksum.
 * `undefined` if `deadline` reported that time is up.
 */
export async function checkContents(
  store: BlobStore,
  file: RecordedFile,
  deadline: () => boolean = () => false,
): Promise<FileFaults | undefined> {
  let checksum = 0;
  let left = file.lengthBytes - CHECKSUM_BYTES;
  let tail: Uint8Array = new Uint8Array(0);
  for (const blob of file.parts) {
    const body = await store.open(blob.key);
    if (body === undefined) return gone(blob);
    let foundBytes = 0;
    for await (const piece of body) {
      if (deadline()) return undefined;
      checksum = crc32(piece.subarray(0, Math.max(0, left)), checksum);
      left -= piece.byteLength;
      foundBytes += piece.byteLength;
      tail = piece.byteLength >= FOOTER_BYTES ? piece.slice(-FOOTER_BYTES) : Buffer.concat([tail, piece]).subarray(-FOOTER_BYTES);
    }
    if (foundBytes !== blob.sizeBytes)
      return { missing: [{ key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes }], damaged: [] };
  }
  return judge(file, tail, checksum);
}

function judge(file: RecordedFile, footer: Uint8Array, computed: number | undefined): FileFaults {
  const keys = computed === undefined ? file.parts.slice(-1).map(({ key }) => key) : file.parts.map(({ key }) => key);
  const all = (fault: Omit<DamagedBlob, "key">): FileFaults => ({ missing: [], damaged: keys.map((key) => ({ key, ...fault })) });
  try {
    const found = readFooter(footer, keys[0] ?? "");
    if (checksumText(found) !== file.checksum) return all({ check: "checksum", expected: file.checksum, found: checksumText(found) });
    if (computed !== undefined && computed !== found)
      return all({ check: "checksum", expected: file.checksum, found: checksumText(computed) });
    return { missing: [], damaged: [] };
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    return all({ check: "footer", expected: file.checksum, found: damageOf("", error).found });
  }
}

function gone(blob: ClosureBlob): FileFaults {
  return { missing: [{ key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes: null }], damaged: [] };
}

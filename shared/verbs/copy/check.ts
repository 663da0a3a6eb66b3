import { createHash } from "node:crypto";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { ClosureBlob } from "../../model/repository.ts";
import { checkContents, recordedFiles } from "../../reader/prove/checkFiles.ts";
import { unitCheck } from "../../reader/unitCheck.ts";
import { writeObject } from "../../state/objects.ts";
import { faultOf, late } from "./moving/moveUnit.ts";
import type { BatchResult } from "./plan.ts";
import { bytesOf, type CopyPiece, unitsOf } from "./planning/batches.ts";
import type { CopyInput } from "./types.ts";

/** What is read, and until when. */
interface Checking {
  source: BlobStore;
  destination: BlobStore;
  isLate: () => boolean;
}

/**
 * Reads every blob of a piece at the destination and compares it with its recorded checksum, and what has none but its own with the source. Stores the keys that
 * differ as `list`, and writes nothing to the destination.
 */
export async function checkBlobs(
  world: World,
  { from, rule: { to } }: CopyInput,
  { piece, list, isLate }: { piece: CopyPiece; list: string; isLate: () => boolean },
): Promise<BatchResult> {
  const checking = { source: world.blobs(from), destination: world.blobs(to), isLate };
  const different: string[] = [];
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, different: 0, faults: [] };
  const check = async (unit: readonly ClosureBlob[]): Promise<void> => {
    const [first] = unit as [ClosureBlob];
    try {
      const isRight = await isAsRecorded(checking, unit);
      if (isRight === undefined) {
        result.faults.push(late(first));
        return;
      }
      if (!isRight) for (const blob of unit) different.push(blob.key);
      result.copied.blobs += unit.length;
      result.copied.bytes += bytesOf(unit);
    } catch (error) {
      result.faults.push(faultOf(first, error));
    }
  };
  const finished = await forEachBounded(unitsOf(piece.blobs), READS_AT_ONCE, check, isLate);
  if (!finished) result.faults.push(late(piece.blobs[0] as ClosureBlob));
  result.different = different.length;
  if (different.length > 0) await writeObject(world.state, list, different);
  return result;
}

/** `undefined` when time is up. @throws whatever the stores throw. */
async function isAsRecorded(checking: Checking, unit: readonly ClosureBlob[]): Promise<boolean | undefined> {
  const { destination, isLate } = checking;
  const [first] = unit as [ClosureBlob];
  if (first.kind !== "data") {
    const bytes = await destination.get(first.key);
    if (!isValid(unit, bytes)) return false;
    // Its checksum is its own: that of another snapshot's blob is right as well.
    const original = await checking.source.get(first.key);
    return !isValid(unit, original) || Buffer.from(bytes).equals(original);
  }
  const [file] = recordedFiles(unit, "all", new Set());
  if (file === undefined || file.parts.length !== unit.length) return isAsAtSource(checking, unit);
  const faults = await checkContents(destination, file, isLate);
  if (faults === undefined) return undefined;
  return faults.missing.length + faults.damaged.length === 0;
}

function isValid(unit: readonly ClosureBlob[], bytes: Uint8Array | undefined): bytes is Uint8Array {
  const [{ sizeBytes = 0 }] = unit as [ClosureBlob];
  return bytes?.byteLength === sizeBytes && unitCheck(unit)(bytes, { start: 0, end: sizeBytes }) === undefined;
}

async function isAsAtSource({ source, destination }: Checking, unit: readonly ClosureBlob[]): Promise<boolean> {
  for (const { key } of unit) if ((await digestOf(source, key)) !== (await digestOf(destination, key))) return false;
  return true;
}

async function digestOf(store: BlobStore, key: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  const body = await store.open(key);
  if (body === undefined) return undefined;
  for await (const piece of body) hash.update(piece);
  return hash.digest("hex");
}

import { decodeContainer } from "../format/encoding/container.ts";
import { crc32 } from "../format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText, FOOTER_BYTES, readFooter } from "../format/encoding/luceneFooter.ts";
import type { ByteRange } from "../model/blobStore.ts";
import { messageOf } from "../model/errors.ts";
import type { BlobKind, ClosureBlob } from "../model/repository.ts";

const CODECS: Partial<Record<BlobKind, "snapshot" | "metadata" | "index-metadata">> = {
  snapshot: "snapshot",
  shardSnapshot: "snapshot",
  globalMetadata: "metadata",
  indexMetadata: "index-metadata",
};

/** What is wrong with a piece that was read, if anything. `range` is within the unit: the parts of a file follow each other. */
export type ContentCheck = (piece: Uint8Array, range: ByteRange) => string | undefined;

/** Checks metadata by its container's CRC, and a Lucene file by the recorded checksum over all its pieces and parts in order. */
export function unitCheck(unit: readonly ClosureBlob[]): ContentCheck {
  const [first] = unit as [ClosureBlob];
  const codec = CODECS[first.kind];
  if (codec) {
    const inPieces = containerCheck(first);
    return (piece, range) => {
      if (piece.byteLength < (first.sizeBytes ?? 0)) return inPieces(piece, range);
      return faultOf(() => decodeContainer(piece, codec, first.key, { wanted: {} }));
    };
  }
  const { file } = first;
  // A plan of an earlier version may have put the parts of a file into several batches; its copy is planned again before it is published.
  if (file?.checksum === undefined || file.parts !== unit.length) return () => undefined;
  const sum = summing(file.lengthBytes);
  return (piece, range) => {
    const found = sum(piece, range);
    return found !== undefined && checksumText(found) !== file.checksum
      ? `checksum ${checksumText(found)}, the catalogue says ${file.checksum}`
      : undefined;
  };
}

/** Metadata of more than one part of a copy: the CRC over all of it, which was decoded when the plan was made. */
function containerCheck({ key, sizeBytes = 0 }: ClosureBlob): ContentCheck {
  const sum = summing(sizeBytes);
  let end: Uint8Array = new Uint8Array(0);
  let seenBytes = 0;
  return (piece, range) => {
    if (range.start === seenBytes) {
      seenBytes = range.end;
      end = Buffer.concat([end, piece.subarray(-FOOTER_BYTES)]).subarray(-FOOTER_BYTES);
    }
    const found = sum(piece, range);
    if (found === undefined) return undefined;
    return faultOf(() => {
      const expected = readFooter(end, key);
      if (found !== expected) throw new Error(`checksum ${checksumText(found)}, the footer says ${checksumText(expected)}`);
    });
  };
}

/** The CRC of a Lucene file or container without its own bytes, when all of it was read; undefined before. */
function summing(lengthBytes: number): (piece: Uint8Array, range: ByteRange) => number | undefined {
  let sum = 0;
  let position = 0;
  return (piece, range) => {
    // A piece that is requested again after a fault was already summed; only the first pass in order counts.
    if (range.start !== position) return undefined;
    const end = Math.min(piece.byteLength, Math.max(0, lengthBytes - CHECKSUM_BYTES - range.start));
    sum = crc32(piece.subarray(0, end), sum);
    position = range.end;
    return position === lengthBytes ? sum : undefined;
  };
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

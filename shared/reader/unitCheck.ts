import { decodeContainer } from "../format/encoding/container.ts";
import { crc32 } from "../format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText } from "../format/encoding/luceneFooter.ts";
import type { ByteRange } from "../model/blobStore.ts";
import { messageOf } from "../model/errors.ts";
import type { BlobKind, ClosureBlob } from "../model/repository.ts";

const CODECS: Partial<Record<BlobKind, "snapshot" | "metadata" | "index-metadata">> = {
  snapshot: "snapshot",
  shardSnapshot: "snapshot",
  globalMetadata: "metadata",
  indexMetadata: "index-metadata",
};

/** `range` is within the unit: the parts of a file follow each other. */
export type ContentCheck = (piece: Uint8Array, range: ByteRange) => string | undefined;

/** Checks metadata by its container's CRC, and a Lucene file by the recorded checksum over all its pieces and parts in order. */
export function unitCheck(unit: readonly ClosureBlob[]): ContentCheck {
  const [first] = unit as [ClosureBlob];
  const codec = CODECS[first.kind];
  if (codec) {
    return (piece) => {
      try {
        decodeContainer(piece, codec, first.key);
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    };
  }
  const { file } = first;
  // A plan of an earlier version may have put the parts of a file into several batches; its copy is planned again before it is published.
  if (file?.checksum === undefined || file.parts !== unit.length) return () => undefined;
  let sum = 0;
  let position = 0;
  return (piece, range) => {
    // A piece that is requested again after a fault was already summed; only the first pass in order counts.
    if (range.start !== position) return undefined;
    const end = Math.min(piece.byteLength, Math.max(0, file.lengthBytes - CHECKSUM_BYTES - range.start));
    sum = crc32(piece.subarray(0, end), sum);
    position = range.end;
    return position === file.lengthBytes && checksumText(sum) !== file.checksum
      ? `checksum ${checksumText(sum)}, the catalogue says ${file.checksum}`
      : undefined;
  };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobKind, ClosureBlob } from "../../../shared/model/repository.ts";
import { BATCHES_MAX, perBatchOf } from "../../../shared/verbs/copy/plan.ts";
import {
  type CopyPiece,
  PIECE_BLOBS_MAX,
  PIECE_BYTES_MAX,
  pieceFiller,
  piecesOf,
  unitsOf,
} from "../../../shared/verbs/copy/planning/batches.ts";

const ORDER: BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];
const part = (file: string, number: number, parts: number, sizeBytes: number): ClosureBlob => ({
  key: `${file}.part${number}`,
  kind: "data",
  sizeBytes,
  file: { physicalName: file, lengthBytes: parts * sizeBytes, part: number, parts, checksum: "a" },
});
const single = fc
  .record({ kind: fc.constantFrom(...ORDER), sizeBytes: fc.nat(PIECE_BYTES_MAX) })
  .map((blob) => [{ key: "", ...blob } as ClosureBlob]);
const split = fc
  .record({ parts: fc.integer({ min: 2, max: 700 }), sizeBytes: fc.nat(4_000_000) })
  .map(({ parts, sizeBytes }) => Array.from({ length: parts }, (_, number) => part("", number, parts, sizeBytes)));
/** Blobs and files in parts, each under a name of its own. */
const units = fc
  .array(fc.oneof({ weight: 4, arbitrary: single }, split), { maxLength: 40 })
  .map((all) => all.map((unit, at) => unit.map((blob) => ({ ...blob, key: `${at}${blob.key}` }))));

function fill(all: readonly (readonly ClosureBlob[])[]): CopyPiece[] {
  const filler = pieceFiller();
  return [...all.flatMap((unit) => filler.add(unit)), ...filler.flush()];
}

describe("the pieces of a copy", () => {
  it("hold every blob once, of one kind each, and the parts of a file together", () => {
    fc.assert(
      fc.property(units, (all) => {
        const batches = fill(all);
        expect(batches.flatMap(({ blobs }) => blobs.map(({ key }) => key)).sort()).toEqual(
          all
            .flat()
            .map(({ key }) => key)
            .sort(),
        );
        expect(batches.every(({ blobs }) => new Set(blobs.map(({ kind }) => kind)).size === 1)).toBe(true);
        const together = batches.flatMap(({ blobs }) => unitsOf(blobs).map((unit) => unit.map(({ key }) => key)));
        expect(together.sort()).toEqual(all.map((unit) => unit.map(({ key }) => key)).sort());
      }),
    );
  });

  it("are bounded by bytes and by count, except for a single unit above the limits", () => {
    fc.assert(
      fc.property(units, (all) => {
        for (const { blobs, bytes } of fill(all)) {
          expect(bytes).toBe(blobs.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0));
          if (unitsOf(blobs).length === 1) continue;
          expect(bytes).toBeLessThanOrEqual(PIECE_BYTES_MAX);
          expect(blobs.length).toBeLessThanOrEqual(PIECE_BLOBS_MAX);
        }
      }),
    );
    const many = Array.from({ length: 1001 }, (_, index): ClosureBlob[] => [{ key: String(index), kind: "data", sizeBytes: 1 }]);
    expect(fill(many).map(({ blobs }) => blobs.length)).toEqual([500, 500, 1]);
  });

  it("end with data before what refers to it", () => {
    const filler = pieceFiller();
    for (const kind of [...ORDER].reverse()) filler.add([{ key: kind, kind, sizeBytes: 1 }]);
    expect(filler.flush().map(({ blobs }) => blobs[0]?.kind)).toEqual(ORDER);
    expect(filler.flush()).toEqual([]);
  });
});

describe("the batches of a copy", () => {
  it("hold every piece once, in order, and are few however many pieces there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (pieces) => {
        const perBatch = perBatchOf(pieces);
        const count = Math.ceil(pieces / perBatch);
        expect(count).toBeLessThanOrEqual(BATCHES_MAX);
        const all = Array.from({ length: count }, (_, number) => piecesOf({ plan: "0-0", pieces, perBatch }, number));
        expect(all.flat()).toEqual(Array.from({ length: pieces }, (_, number) => number));
        expect(all.every((numbers) => numbers.length > 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

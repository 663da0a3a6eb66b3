import { describe, expect } from "vitest";
import { type MemoryBucket, memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { isReadableIncompatible } from "../../../shared/format/incompatibleSnapshots.ts";
import { rootGenerationOf } from "../../../shared/format/keys.ts";
import { hasCode } from "../../../shared/model/errors.ts";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { type FixtureRepository, fixtureRepository } from "../../format/fixtureRepositories.ts";
import { fc, test } from "../../format/propertyTest.ts";
import { closureBlobs } from "./closureBlobs.ts";

/** Kept low because each run proves the snapshot after every single arrival. */
const RUNS = 25;

interface Arrival {
  key: string;
  bytes: Uint8Array;
}

/** Anything another tool may copy in: every blob once in full, some of them truncated first, in any order. */
function arrivalsOf(coming: ReadonlyMap<string, Uint8Array>): fc.Arbitrary<Arrival[]> {
  const keys = [...coming.keys()];
  const whole = keys.map((key): Arrival => ({ key, bytes: coming.get(key) as Uint8Array }));
  const short = fc
    .tuple(fc.constantFrom(...whole.filter(({ bytes }) => bytes.byteLength > 0)), fc.nat({ max: 999 }))
    .map(([{ key, bytes }, thousandths]): Arrival => ({ key, bytes: bytes.slice(0, Math.floor((bytes.byteLength * thousandths) / 1000)) }));
  return fc.array(short, { maxLength: 12 }).chain((shorts) => {
    const all = [...shorts, ...whole];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
}

const level = fc.constantFrom<ProofLevel>("names", "metadata", "footers", "contents");

/** Plays one arrival order; a truncated copy never arrives after the full one. */
async function play(before: ReadonlyMap<string, Uint8Array>, arrivals: readonly Arrival[], seen: (bucket: MemoryBucket) => Promise<void>) {
  const bucket: MemoryBucket = new Map();
  const arrived = new Set<string>();
  const put = ({ key, bytes }: Arrival) => bucket.set(key, { bytes, lastModified: new Date(0), etag: String(bytes.byteLength) });
  for (const [key, bytes] of before) put({ key, bytes });
  const sizes = new Map(arrivals.map(({ key }) => [key, Math.max(...arrivals.filter((other) => other.key === key).map(sizeOf))]));
  for (const arrival of arrivals) {
    if (arrived.has(arrival.key)) continue;
    put(arrival);
    if (arrival.bytes.byteLength === sizes.get(arrival.key)) arrived.add(arrival.key);
    await seen(bucket);
  }
}

const sizeOf = ({ bytes }: Arrival): number => bytes.byteLength;

/** The verdict of a proof on the bucket, or the error code if the root is absent or invalid. */
async function verdictIn(bucket: MemoryBucket, uuid: string, at: ProofLevel): Promise<string> {
  try {
    return (await proveSnapshot(memoryBlobStore({ bucket }), { uuid, level: at })).verdict;
  } catch (error) {
    // There is no root yet, it is truncated, or it is an older one that does not list the snapshot.
    if (hasCode(error, "absent") || hasCode(error, "invalid")) return error.code;
    throw error;
  }
}

/** Computed independently of the proof: all needed bytes are present, and the newest root present is complete and lists the snapshot. */
function stillExists(bucket: MemoryBucket, final: ReadonlyMap<string, Uint8Array>, needs: readonly string[], uuid: string): boolean {
  const isFull = (key: string): boolean => Buffer.compare(bucket.get(key)?.bytes ?? new Uint8Array(0), final.get(key) ?? EMPTY) === 0;
  const roots = [...bucket.keys()].filter((key) => rootGenerationOf(key) !== undefined);
  const newest = roots.sort((left, right) => (rootGenerationOf(right) ?? 0) - (rootGenerationOf(left) ?? 0))[0];
  if (newest === undefined || !isFull(newest)) return false;
  const listed = Buffer.from(final.get(newest) ?? EMPTY).includes(`"${uuid}"`);
  return listed && !isStumbledOver(bucket) && needs.every((key) => bucket.has(key) && isFull(key));
}

/** True if the one optional blob is present but truncated, which makes 5.x fail. */
function isStumbledOver(bucket: MemoryBucket): boolean {
  const blob = bucket.get("incompatible-snapshots");
  return blob !== undefined && !isReadableIncompatible(blob.bytes);
}

const EMPTY = new Uint8Array(0);

function uuidOf(repository: FixtureRepository, name: string): string {
  const uuid = repository.snapshots.find(({ snapshot }) => snapshot === name)?.uuid;
  if (uuid === undefined) throw new Error(`${repository.name} has no ${name}`);
  return uuid;
}

async function neededBy(repository: FixtureRepository, uuid: string): Promise<string[]> {
  return (await closureBlobs(repository.blobs, { uuid })).filter(({ kind }) => kind !== "root").map(({ key }) => key);
}

const MIGRATION = { step1: fixtureRepository("es-5.5.2-migration/step1"), step2: fixtureRepository("es-5.5.2-migration/step2") };
const LATER = fixtureRepository("es-7.10.2/repo");

function isNew([key, bytes]: [string, Uint8Array]): boolean {
  const before = MIGRATION.step1.blobs.get(key);
  return before === undefined || Buffer.compare(before, bytes) !== 0;
}

describe("a snapshot is whole from the arrival of its last needed blob and never before, in any order of arrival", () => {
  const cases: [string, FixtureRepository, string, ReadonlyMap<string, Uint8Array>][] = [
    ["5.5.2, the first copy", MIGRATION.step2, "snap-1", new Map()],
    ["5.5.2, an incremental copy onto the first", MIGRATION.step2, "snap-2", MIGRATION.step1.blobs],
    ["7.10.2, the first copy", LATER, "snap-3", new Map()],
  ];
  for (const [title, repository, name, before] of cases) {
    const coming = before.size === 0 ? repository.blobs : new Map([...repository.blobs].filter(isNew));
    test(
      `${title}: ${coming.size} blobs, up to 12 of them truncated at first`,
      [arrivalsOf(coming), level],
      async (arrivals, at) => {
        const uuid = uuidOf(repository, name);
        const needs = await neededBy(repository, uuid);
        let last = "";
        await play(before, arrivals, async (bucket) => {
          last = await verdictIn(bucket, uuid, at);
          expect(last === "whole").toBe(stillExists(bucket, repository.blobs, needs, uuid));
        });
        expect(last).toBe("whole");
      },
      RUNS,
    );
  }

  test(
    "an existing snapshot stays whole while the next one arrives, except while a repository-wide blob that 5.x reads is truncated",
    [arrivalsOf(new Map([...MIGRATION.step2.blobs].filter(isNew))), level],
    async (arrivals, at) => {
      const uuid = uuidOf(MIGRATION.step2, "snap-1");
      await play(MIGRATION.step1.blobs, arrivals, async (bucket) => {
        const root = bucket.get("index-1")?.bytes;
        const isCut = root !== undefined && root.byteLength < (MIGRATION.step2.blobs.get("index-1")?.byteLength ?? 0);
        const otherwise = isStumbledOver(bucket) ? "damaged" : "whole";
        expect(await verdictIn(bucket, uuid, at)).toBe(isCut ? "invalid" : otherwise);
      });
    },
    RUNS,
  );
});

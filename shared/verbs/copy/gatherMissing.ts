import * as z from "zod";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { listSizes } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { readShaped } from "../../state/records.ts";
import type { BatchResult, CopyPlan } from "./plan.ts";
import type { CopyJob, CopyObservation } from "./types.ts";

const SIZE = z.number().nullable();
const RESULT = z.looseObject({
  copied: z.looseObject({ blobs: z.number(), bytes: z.number() }),
  etags: z.record(z.string(), z.string()).optional(),
  faults: z.array(z.looseObject({ key: z.string(), fault: z.string(), expectedBytes: SIZE, foundBytes: SIZE, message: z.string() })),
});
const EXPECTED = z.array(z.looseObject({ key: z.string(), sizeBytes: z.number(), etag: z.string().optional() }));

type Missing = Extract<CopyObservation, { seen: "destination" }>["missing"];

/** What the root to publish needs and the destination does not hold as this copy verified it; `undefined` when time ran out. */
export async function missingAtDestination(world: World, job: CopyJob): Promise<Missing | undefined> {
  const expected = await expectedBlobs(world, job);
  const sizes = await listSizes(world.blobs(job.intent.input.rule.to), () => isTimeUp(world));
  if (sizes === undefined) return undefined;
  const replaced = await replacedBlobs(world, job, { expected, etags: sizes.etags });
  if (replaced === undefined) return undefined;
  return expected
    .filter(({ key, sizeBytes }) => sizes.get(key) !== sizeBytes || replaced.has(key))
    .map(({ key, sizeBytes }) => ({ key, expectedBytes: sizeBytes, foundBytes: sizes.get(key) ?? null, replaced: replaced.has(key) }));
}

async function expectedBlobs(world: World, { id, head: { data } }: CopyJob): Promise<CopyPlan["expected"]> {
  const keys =
    data.expected === undefined
      ? [stateKey.copyExpected(id, data.root?.sha256 ?? ""), stateKey.copyExpectedBefore(id, data.round)]
      : [stateKey.copyExpected(id, data.expected)];
  for (const key of keys) {
    const expected = await expectedList(world.state, key);
    if (expected) return expected;
  }
  throw new AppError("invalid", `job ${id}: the list of blobs that must be at the destination is missing from the state`);
}

/**
 * Blobs with counter names that another writer wrote after this copy verified them: a task of an earlier copy may have been frozen, and wake up
 * to write the bytes that had these names before, in the same sizes. `undefined` when time ran out.
 */
async function replacedBlobs(
  world: World,
  job: CopyJob,
  { expected, etags }: { expected: CopyPlan["expected"]; etags: ReadonlyMap<string, string> },
): Promise<Set<string> | undefined> {
  const { data } = job.head;
  // A plan of an earlier version recorded no ETags; it is made again before its root is published.
  if (data.expected === undefined || etags.size === 0) return new Set();
  const verified = new Map(expected.flatMap(({ key, etag }) => (etag === undefined ? [] : [[key, etag] as const])));
  const read = async ({ id, attempt }: { id: string; attempt: number }): Promise<void> => {
    const result = await batchResult(world.state, job.id, { id, attempt });
    for (const [key, etag] of Object.entries(result?.etags ?? {})) verified.set(key, etag);
  };
  if (!(await forEachBounded(data.batches, READS_AT_ONCE, read, () => isTimeUp(world)))) return undefined;
  return new Set(expected.map(({ key }) => key).filter((key) => etags.has(key) && etags.get(key) !== verified.get(key)));
}

/** What a task reported of its batch. Errors: `invalid`, which names the record, for a damaged one: what was copied is unknown. */
export async function batchResult(state: BlobStore, job: string, batch: { id: string; attempt: number }): Promise<BatchResult | undefined> {
  return readShaped<BatchResult>(state, stateKey.batchDone(job, batch.id, batch.attempt), RESULT);
}

/** The blobs that must be at the destination. Errors: `invalid` for a damaged list: an empty one would prove everything there. */
export async function expectedList(state: BlobStore, key: string): Promise<CopyPlan["expected"] | undefined> {
  return readShaped<CopyPlan["expected"]>(state, key, EXPECTED);
}

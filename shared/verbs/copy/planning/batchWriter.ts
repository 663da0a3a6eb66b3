import * as z from "zod";
import type { World } from "../../../jobs/world.ts";
import { AppError } from "../../../model/errors.ts";
import type { ClosureBlob } from "../../../model/repository.ts";
import { boundedPool } from "../../../reader/prove/boundedPool.ts";
import { stateKey } from "../../../state/keys.ts";
import { keysBelow, readObject, writeObject, writeObjectOnce } from "../../../state/objects.ts";
import { readShaped } from "../../../state/records.ts";
import type { PlannedPieces } from "../plan.ts";
import { type CopyPiece, pieceFiller } from "./batches.ts";

/** What a walk has found so far, as an interrupted plan stores it. */
export interface PlanTally {
  skipped: { blobs: number; bytes: number };
  /** Uuids of the snapshots that lack something at the destination. */
  lacking: string[];
  /** Whether a blob that is to be moved exists at the destination. */
  isOverwriting: boolean;
}

export const NOTHING_FOUND: PlanTally = { skipped: { blobs: 0, bytes: 0 }, lacking: [], isOverwriting: false };

/** Receives what is to be moved, in the order of the walk. */
export interface PlanWriter {
  /** Where an interrupted plan goes on, and what it had found. */
  begun: { after: string | undefined; tally: PlanTally };
  /** A blob, or the parts of a file. */
  add(unit: readonly ClosureBlob[]): Promise<void>;
  /** Called between two stops of the walk; every so often what is there so far is stored. */
  stopped(after: string, tally: () => PlanTally): Promise<void>;
  /** Stores how far the plan came. */
  cut(after: string, tally: PlanTally): Promise<void>;
  end(): Promise<PlannedPieces>;
  /** It only counts. */
  isDry?: true;
}

/** Thrown when an earlier try of the same plan stored other pieces: what it saw has changed. */
export class PlanVoid extends Error {}

const WRITES_AT_ONCE = 4;
/** After so many pieces an interrupted plan would lose more than a second request costs. */
const PIECES_BETWEEN = 100;

const COUNTS = { blobs: z.number(), bytes: z.number() };
const PROGRESS = z.looseObject({
  basis: z.string(),
  after: z.string().optional(),
  count: z.number(),
  ...COUNTS,
  tally: z.looseObject({ skipped: z.looseObject(COUNTS), lacking: z.array(z.string()), isOverwriting: z.boolean() }),
});

interface Progress {
  /** Hash of everything that the plan follows from, besides the contents of the two places. */
  basis: string;
  after?: string | undefined;
  count: number;
  blobs: number;
  bytes: number;
  tally: PlanTally;
}

/**
 * Writes pieces to the state as they fill, each once, numbered from 0. A plan that was interrupted goes on from its last stop; pieces that an
 * earlier try wrote after that stop must be the same. `isAnew`: what was begun is void.
 */
export async function planWriter(
  world: World,
  { isCheck, ...of }: { job: string; round: number; basis: string; isAnew: boolean; isCheck: boolean },
): Promise<PlanWriter> {
  const { job, basis } = of;
  const { plan, progress } = await openPlan(world, of);
  const { state } = world;
  const filler = pieceFiller();
  const pool = boundedPool(WRITES_AT_ONCE);
  let { count, blobs, bytes } = progress;
  let stored = count;

  async function write(pieces: readonly CopyPiece[]): Promise<void> {
    for (const piece of pieces) {
      const key = stateKey.piece(job, plan, count);
      count += 1;
      blobs += piece.blobs.length;
      bytes += piece.bytes;
      await pool.start(() => writePiece(world, key, isCheck ? { ...piece, isCheck } : piece));
    }
  }

  async function store(after: string, tally: PlanTally): Promise<void> {
    await write(filler.flush());
    await pool.drain();
    await writeObject(state, stateKey.copyPlan(job, plan), { basis, after, count, blobs, bytes, tally } satisfies Progress);
    stored = count;
  }

  return {
    begun: { after: progress.after, tally: progress.tally },
    add: (unit) => write(filler.add(unit)),
    stopped: async (after, tally) => {
      if (count - stored >= PIECES_BETWEEN) await store(after, tally());
    },
    cut: store,
    async end() {
      await write(filler.flush());
      await pool.drain();
      return { plan, count, blobs, bytes };
    },
  };
}

/** A writer that only counts, for dry runs. */
export function countingWriter(): PlanWriter {
  const filler = pieceFiller();
  const counted = { plan: "", count: 0, blobs: 0, bytes: 0 };
  const count = (pieces: readonly CopyPiece[]): void => {
    for (const piece of pieces) {
      counted.count += 1;
      counted.blobs += piece.blobs.length;
      counted.bytes += piece.bytes;
    }
  };
  return {
    isDry: true,
    begun: { after: undefined, tally: NOTHING_FOUND },
    add: async (unit) => count(filler.add(unit)),
    stopped: async () => undefined,
    cut: async () => undefined,
    async end() {
      count(filler.flush());
      return counted;
    },
  };
}

async function openPlan(
  { state }: World,
  { job, round, basis, isAnew }: { job: string; round: number; basis: string; isAnew: boolean },
): Promise<{ plan: string; progress: Progress }> {
  const tries = (await keysBelow(state, stateKey.copyPlans(job, round))).map((leaf) => Number.parseInt(leaf, 10));
  const last = Math.max(...tries);
  const nothing: Progress = { basis, count: 0, blobs: 0, bytes: 0, tally: NOTHING_FOUND };
  if (tries.length === 0 && !isAnew) return { plan: `${round}-0`, progress: nothing };
  if (!isAnew) {
    const plan = `${round}-${last}`;
    const progress = await readShaped<Progress>(state, stateKey.copyPlan(job, plan), PROGRESS);
    if (progress?.basis === basis) return { plan, progress };
  }
  const plan = `${round}-${tries.length === 0 ? 1 : last + 1}`;
  // Stored at once, so that no later try takes the number again.
  await writeObject(state, stateKey.copyPlan(job, plan), nothing);
  return { plan, progress: nothing };
}

async function writePiece({ state }: World, key: string, piece: CopyPiece): Promise<void> {
  if (await writeObjectOnce(state, key, piece)) return;
  const there = await readObject<CopyPiece>(state, key);
  if (there === undefined) throw new AppError("transient", `${key}: it exists and cannot be read`);
  if (JSON.stringify(there) !== JSON.stringify(piece)) throw new PlanVoid(`${key} holds another piece`);
}

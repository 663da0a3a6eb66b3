import type { OverwrittenIndex, SwapResult } from "../../jobs/aliasSwap.ts";
import { knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { askBack, previewBack, type WayBack } from "../restore/askBack.ts";
import { writesOn } from "./gather.ts";
import type { RollbackDryRun, RollbackRequest } from "./request.ts";
import { type WritesSeen, writesOf } from "./step.ts";

/** What a finished restore over indices left; it may have failed after it began. */
export interface Overwritten {
  cluster: string;
  state: string;
  over: readonly OverwrittenIndex[];
  indices: SwapResult["indices"];
  /** The restore that it took back itself. */
  rollsBack: string | undefined;
}

/** `undefined` for a job that was not asked to restore over anything. */
export async function overwrittenBy(world: World, restore: string): Promise<Overwritten | undefined> {
  const done = await world.log.done(restore);
  const { cluster = "", over, indices = [], rollsBack } = (done?.result ?? {}) as Partial<SwapResult>;
  return done && over ? { cluster, state: done.state, over, indices, rollsBack } : undefined;
}

/** What would be restored over what, and what was written since; changes nothing. */
export async function dryOver(world: World, of: Overwritten, request: RollbackRequest): Promise<RollbackDryRun> {
  const back = wayBack(of, request);
  const writes = await writesOver(world, of);
  const unknown = writes.flatMap(({ seen }) => ("unknown" in seen ? [seen.unknown] : []))[0];
  const { refusal, waits } = await previewBack(world, back);
  return {
    restore: request.restore,
    cluster: of.cluster,
    moves: [],
    writes: writesOf({ writes }),
    ...(unknown && { unknown }),
    refusal: refusal ?? null,
    waits: waits ?? null,
    restores: of.over.map(({ index, kept }) => ({ index, repository: kept?.repository ?? "", snapshot: kept?.snapshot ?? "" })),
  };
}

/** Asks for the restore that brings back what was there; its job looks at everything again. */
export async function askOver(
  world: World,
  of: Overwritten,
  request: RollbackRequest,
  asked: Asked,
  options: { key?: string | undefined; fingerprint?: string | undefined },
): Promise<Created> {
  const before = options.key === undefined ? undefined : await knownRun(world, jobId.byKey("restore", options.key));
  if (before) return before;
  const back = wayBack(of, request);
  const { refusal } = await previewBack(world, back);
  if (refusal) throw new AppError("conflict", `rollback of ${request.restore} is refused; nothing was changed`, { reason: refusal });
  return askBack(world, back, asked, options);
}

function wayBack(of: Overwritten, { restore, loseWrites }: RollbackRequest): WayBack {
  const { cluster, over, indices } = of;
  const none = noWayBack(restore, of);
  if (none) throw new AppError("conflict", `${restore}: there is no way back from it`, { reason: none });
  const counted = over.map(({ index: name, uuid }) => {
    const operations = indices.find(({ as, uuid: restored }) => as === name && restored === uuid)?.operations;
    return { name, uuid, ...(operations === undefined ? {} : { operations }) };
  });
  return { cluster, overwritten: over, rollsBack: { restore, indices: counted, ...(loseWrites ? { loseWrites: true as const } : {}) } };
}

function noWayBack(restore: string, { state, over, rollsBack }: Overwritten): Reason | undefined {
  if (rollsBack !== undefined) return reason("rollback.ofRollback", { restore, of: rollsBack });
  if (over.length === 0) return reason("rollback.nothingReplaced", { restore, state });
  const lost = over.filter(({ kept }) => kept === undefined).map(({ index }) => index);
  return lost.length > 0 ? reason("rollback.nothingKept", { restore, indices: lost }) : undefined;
}

async function writesOver(world: World, { cluster: name, over, indices }: Overwritten): Promise<{ index: string; seen: WritesSeen }[]> {
  const cluster = world.cluster(name);
  const asked = over.map(({ index: name, uuid }) => ({ name, uuid, operations: indices.find(({ as }) => as === name)?.operations }));
  return writesOn(cluster, asked, await cluster.listIndices());
}

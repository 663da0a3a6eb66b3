import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import type { ClusterSnapshot, SnapshotProgress } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { readHint } from "../../state/records.ts";
import { storedTime } from "../../state/shapes.ts";

const STUCK_MS = 30 * 60_000;
/** A snapshot younger than this costs no request, and a moving one at most one write in this time. */
const MARK_MS = 10 * 60_000;

interface ProgressMark {
  mark: string;
  since: string;
}

const MARK = z.looseObject({ mark: z.string(), since: storedTime });

/** Why a running snapshot of ours makes no progress, with the way out; `undefined` while its shards or bytes have moved within 30 minutes. */
export async function gatherStuck(
  world: World,
  { id, snapshot, progress }: { id: string; snapshot: ClusterSnapshot; progress: SnapshotProgress },
): Promise<Reason | undefined> {
  const now = world.clock.now();
  if (now.getTime() - snapshot.startTime.getTime() < MARK_MS) return undefined;
  const { shards, bytes } = progress;
  const mark = [snapshot.name, shards.done, shards.failed, shards.initializing, shards.started, shards.finalizing, bytes.done].join(" ");
  const { value: known } = await readHint<ProgressMark>(world, stateKey.progress(id), MARK);
  const age = known ? now.getTime() - new Date(known.since).getTime() : Number.POSITIVE_INFINITY;
  if (known?.mark !== mark) {
    if (age >= MARK_MS && !world.isPreview)
      await writeObject(world.state, stateKey.progress(id), { mark, since: now.toISOString() } satisfies ProgressMark);
    return undefined;
  }
  return age < STUCK_MS ? undefined : stuckReason(id, known.since, { snapshot, progress });
}

function stuckReason(
  job: string,
  since: string,
  { snapshot, progress: { shards, bytes } }: { snapshot: ClusterSnapshot; progress: SnapshotProgress },
): Reason {
  const ended = shards.done + shards.failed;
  const waiting = shards.initializing ?? 0;
  const params = { snapshot: snapshot.name, job, since, done: shards.done, shards: shards.total, bytesDone: bytes.done, waiting };
  if (shards.total > 0 && ended >= shards.total) return reason("snapshot.stuckFinishing", params);
  return waiting > 0 && waiting >= shards.total - ended ? reason("snapshot.stuckWaiting", params) : reason("snapshot.stuckSending", params);
}

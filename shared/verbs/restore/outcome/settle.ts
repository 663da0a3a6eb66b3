import type { Look } from "../../../jobs/kind.ts";
import type { OpenWork } from "../../../jobs/openWork.ts";
import type { World } from "../../../jobs/world.ts";
import { jobId } from "../../../model/jobId.ts";
import { reason } from "../../../model/reason.ts";
import { timeDigits } from "../../../model/restoredName.ts";
import { purposeOf } from "../../../plan/aliases/moves.ts";
import { stateKey } from "../../../state/keys.ts";
import { writeObjectOnce } from "../../../state/objects.ts";
import { askRetire } from "../../retire/ask.ts";
import type { RestoreData, RestoreJob } from "../step.ts";

function positionKey(job: RestoreJob): string | undefined {
  const { watch, serves, snapshot, older } = job.intent.input;
  // A position only moves up; one below the others would be dropped as the oldest, and looked for in vain.
  return watch === undefined || !serves || older
    ? undefined
    : stateKey.position(watch, timeDigits(new Date(snapshot.startTime)), snapshot.uuid);
}

/** A person who puts a snapshot behind the watch's alias says that the root that lists it is right. A watch without an alias counts too. */
function acceptedKey({ watches }: World["config"], { intent }: RestoreJob): string | undefined {
  const { watch, serves, snapshot } = intent.input;
  if (watch === undefined || intent.asked.by !== "person") return undefined;
  const isServing = serves || (purposeOf(intent.input) === undefined && purposeOf(watches[watch]?.restore ?? {}) === undefined);
  return isServing ? stateKey.acceptedRoot(watch, snapshot.uuid) : undefined;
}

export async function lookUpSettled(world: World, job: RestoreJob): Promise<Look<RestoreData>> {
  for (const key of [positionKey(job), acceptedKey(world.config, job)])
    if (key !== undefined && !(await world.state.head(key))) return { found: "none" };
  for (const old of job.head.data.before ?? []) {
    const id = jobId.retire(job.id, old.uuid);
    if (!(await world.log.done(id)) && !(await world.log.read(id))) return { found: "none" };
  }
  return {
    found: "ours",
    state: "settled",
    reason: reason("restore.settled", { kept: job.head.data.before?.map(({ name }) => name) ?? [] }),
    data: job.head.data,
  };
}

/** Moves the watch's position up and schedules the previous indices for deletion. */
export async function settle(world: World, work: OpenWork, job: RestoreJob): Promise<void> {
  for (const old of job.head.data.before ?? []) await askRetire(world, job, old);
  const accepted = acceptedKey(world.config, job);
  if (accepted !== undefined) await writeObjectOnce(world.state, accepted, { job: job.id });
  const key = positionKey(job);
  if (key === undefined) return;
  await writeObjectOnce(world.state, key, { job: job.id });
  await dropOldPositions(world, work, job);
}

/** Old positions are kept for diagnosis only; more would lengthen listings. */
const POSITIONS_KEPT = 3;

async function dropOldPositions(world: World, work: OpenWork, { intent }: RestoreJob): Promise<void> {
  const { watch, snapshot } = intent.input;
  if (watch === undefined) return;
  const position = { digits: timeDigits(new Date(snapshot.startTime)), uuid: snapshot.uuid };
  const all = [...(work.live.positions.get(watch) ?? []).filter(({ uuid }) => uuid !== snapshot.uuid), position].sort((a, b) =>
    a.digits < b.digits ? -1 : 1,
  );
  work.live.positions.set(watch, all);
  const old = all.slice(0, -POSITIONS_KEPT).map(({ digits, uuid }) => stateKey.position(watch, digits, uuid));
  if (old.length > 0) await world.state.delete(old);
}

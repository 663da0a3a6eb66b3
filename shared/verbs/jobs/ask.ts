import { type Asked, isFinal } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { kindOf } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { lookAgain } from "../../notices/guardedLook.ts";
import { stateKey } from "../../state/keys.ts";
import { type JobRow, openRow, readOpen, showJob } from "./show.ts";

/**
 * Requests cancellation of an open job: no new work starts, and the next steps roll back what it started. A finished job is not changed.
 */
export async function cancelJob(world: World, id: string, asked: Asked): Promise<JobRow> {
  const job = kindOf(id) === undefined ? undefined : await readOpen(world, id);
  if (!job) return showJob(world, id);
  if (isFinal(job.head.state) || job.head.cancelling) return openRow(job);
  const { state, data, claim } = job.head;
  const next = {
    state,
    data,
    reason: reason("cancel.asked", { by: asked.who }),
    cancelling: { who: asked.who, at: world.clock.now().toISOString() },
  };
  const record = await world.log.append(id, job.head, claim ? { ...next, claim } : next);
  if (record === "lost") throw new AppError("conflict", `job ${id}: another process moved it at the same moment; try again`);
  return openRow({ ...job, head: record });
}

/**
 * Lets a restore that waits for a person move its alias, although what it leaves was written to; those documents are not found any more.
 * @throws AppError `absent` for an unknown job, `conflict` for one that does not wait for a person.
 */
export async function resumeJob(world: World, id: string, asked: Asked): Promise<JobRow> {
  const job = kindOf(id) === undefined ? undefined : await readOpen(world, id);
  if (!job) {
    const { state } = await showJob(world, id);
    throw notHeld(id, state);
  }
  const { state, data, reason: why, cancelling } = job.head;
  if (why.code !== HELD || cancelling) throw notHeld(id, state);
  const { alias = "", index = "" } = why.params;
  const next = { state, data: { ...(data as object), goesOn: true }, reason: reason("restore.goesOn", { alias, index, by: asked.who }) };
  const record = await world.log.append(id, job.head, next);
  if (record === "lost") throw new AppError("conflict", `job ${id}: another process moved it at the same moment; try again`);
  return openRow({ ...job, head: record });
}

/** The one reason for which a job waits for a person's word. */
const HELD = "restore.writtenSince";

function notHeld(id: string, state: string): AppError {
  return new AppError("conflict", `job ${id}: does not wait for a person (${state}); \`ossnap jobs show ${id}\` says what it does`, {
    reason: reason("job.notHeld", { job: id, state }),
  });
}

/** Pauses or resumes effects; returns the resulting state. To resume also runs the looks again that were put aside. */
export async function setPaused(world: World, paused: boolean, who: string): Promise<{ paused: boolean }> {
  if (paused)
    await world.state.put(stateKey.paused, new TextEncoder().encode(JSON.stringify({ by: who, at: world.clock.now().toISOString() })));
  else {
    await world.state.delete([stateKey.paused, stateKey.pausedBefore]);
    await lookAgain(world);
  }
  return { paused: (await world.state.head(stateKey.paused)) !== undefined };
}

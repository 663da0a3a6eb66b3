import type { Created } from "../../jobs/log.ts";
import { isFinal } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { advanceJob } from "../../tick/advance.ts";
import { doneRow, type JobRow, openRow } from "../../verbs/jobs/show.ts";
import type { Call } from "./call.ts";
import { type HttpAnswer, json, problem } from "./problem.ts";

/** A short job may be over already. */
async function rowOf({ log }: World, created: Created): Promise<JobRow> {
  if (created.outcome === "done") return doneRow(created.done);
  const open = await log.read(created.job.id);
  if (open && !isFinal(open.head.state)) return openRow(open);
  const done = await log.done(created.job.id);
  return done ? doneRow(done) : openRow(open ?? created.job);
}

/** 202 with the job and its location; rejects a key used for another request. Starts new work, which continues after the response. */
export async function accepted(call: Pick<Call, "world" | "fingerprint" | "key" | "request">, created: Created): Promise<HttpAnswer> {
  const known = created.outcome === "done" ? created.done.fingerprint : created.job.intent.fingerprint;
  if (call.key !== undefined && created.outcome !== "created" && known !== undefined && known !== call.fingerprint)
    return problem("idempotency-key-reused", "this Idempotency-Key was used for another request before; use a new one", call.request);
  // A proof may read for minutes, so the next tick runs it. The role of the HTTP function writes no copy; not a spread copy of the world: that would evaluate lazy members.
  const world: World = Object.create(call.world, { writesNoCopies: { value: true } });
  if (created.outcome === "created" && created.job.kind !== "verification") await advanceJob(world, created.job.id);
  const job = await rowOf(call.world, created);
  const replayed: Record<string, string> = created.outcome === "created" ? {} : { "idempotent-replayed": "true" };
  return json(202, job, { location: `/jobs/${job.id}`, "retry-after": "5", ...replayed });
}

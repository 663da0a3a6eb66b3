import type { Created } from "../../jobs/log.ts";
import { advanceJob } from "../../tick/advance.ts";
import { doneRow, openRow } from "../../verbs/jobs/show.ts";
import type { Call } from "./call.ts";
import { type HttpAnswer, json, problem } from "./problem.ts";

/** A proof may read for minutes, and the role of the HTTP function writes no copy. */
const LEFT_TO_TICKS: ReadonlySet<string> = new Set(["verification", "copy"]);

/** 202 with the job and its location; rejects a key used for another request. Starts new work, which continues after the response. */
export async function accepted(call: Pick<Call, "world" | "fingerprint" | "key" | "request">, created: Created): Promise<HttpAnswer> {
  const known = created.outcome === "done" ? created.done.fingerprint : created.job.intent.fingerprint;
  if (call.key !== undefined && created.outcome !== "created" && known !== undefined && known !== call.fingerprint)
    return problem("idempotency-key-reused", "this Idempotency-Key was used for another request before; use a new one", call.request);
  if (created.outcome === "created" && !LEFT_TO_TICKS.has(created.job.kind)) await advanceJob(call.world, created.job.id);
  const job = created.outcome === "done" ? doneRow(created.done) : openRow((await call.world.log.read(created.job.id)) ?? created.job);
  const replayed: Record<string, string> = created.outcome === "created" ? {} : { "idempotent-replayed": "true" };
  return json(202, job, { location: `/jobs/${job.id}`, "retry-after": "5", ...replayed });
}

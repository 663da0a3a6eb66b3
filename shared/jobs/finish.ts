import type { JobKind, StepContext, Stepped } from "./kind.ts";
import { type DoneRecord, JOB_SCHEMA, type Job } from "./record.ts";

/** Finishes a job whose head is final: reports it, writes its permanent record and removes its log. */
export async function finish<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, context: StepContext): Promise<Stepped> {
  const before = await context.log.done(job.id);
  if (before) {
    // An instance that resumes after the log was swept finds its next key free; nothing is reported for that record.
    await context.log.sweep(job.id);
    return { outcome: "finished", done: before };
  }
  await kind.finished(job);
  const fingerprint = job.intent.fingerprint === undefined ? {} : { fingerprint: job.intent.fingerprint };
  const done: DoneRecord = {
    schema: JOB_SCHEMA,
    id: job.id,
    kind: job.kind,
    about: job.intent.about,
    state: job.head.state as DoneRecord["state"],
    reason: job.head.reason,
    createdAt: job.createdAt.toISOString(),
    at: job.head.at,
    asked: job.intent.asked,
    ...fingerprint,
    result: kind.result(job),
  };
  await context.log.finish(job, done);
  return { outcome: "finished", done };
}

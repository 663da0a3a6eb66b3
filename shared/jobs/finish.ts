import { type DoneRecord, JOB_SCHEMA, type Job } from "./record.ts";
import type { JobKind, StepContext, Stepped } from "./step.ts";

/** A job whose head is final: what it tells is told, its permanent record written, its log taken away. */
export async function finish<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, context: StepContext): Promise<Stepped> {
  const before = await context.log.done(job.id);
  if (before) {
    // An instance that thaws after the log was swept finds its next key free: nothing is told of that record.
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

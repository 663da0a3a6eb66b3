import { JOB_SCHEMA, type Job } from "../../shared/jobs/record.ts";
import { kindOf } from "../../shared/model/jobId.ts";
import { reason } from "../../shared/model/reason.ts";

export interface JobInput<I, D> {
  id: string;
  state: string;
  input: I;
  data: D;
  createdAt?: Date;
  cancelling?: boolean;
  /** Effect of an expired claim, and the reason of the record that holds it. */
  claimed?: { effect: string; because: string };
}

/** An open job as a step sees it: the fields that the test gives, and defaults for the rest. */
export function jobOf<I, D>({ id, state, input, data, createdAt = new Date(0), cancelling = false, claimed }: JobInput<I, D>): Job<I, D> {
  const kind = kindOf(id);
  if (!kind) throw new Error(`${id}: names no kind`);
  const at = createdAt.toISOString();
  return {
    id,
    kind,
    createdAt,
    intent: {
      about: "test",
      asked: { by: "person", who: "test" },
      cluster: "source",
      patienceUntil: new Date(createdAt.getTime() + 3_600_000).toISOString(),
      input,
    },
    head: {
      schema: JOB_SCHEMA,
      seq: 0,
      at,
      by: { function: "test", requestId: "r", nonce: "n" },
      state,
      reason: reason(claimed?.because ?? "test.made"),
      data,
      ...(cancelling ? { cancelling: { who: "test", at } } : {}),
      ...(claimed ? { claim: { effect: claimed.effect, args: {}, attempt: 1, until: at } } : {}),
    },
  };
}

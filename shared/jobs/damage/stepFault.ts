import * as z from "zod";
import { messageOf } from "../../model/errors.ts";
import type { JobKindName } from "../../model/jobId.ts";
import { stateKey } from "../../state/keys.ts";
import type { Job } from "../record.ts";
import { putBack } from "./putBack.ts";

const [text, object] = [z.string(), z.looseObject({})];
const [texts, objects] = [z.array(text), z.array(object)];
const SNAPSHOT = z.looseObject({ name: text, uuid: text, startTime: text });

/** Members of a job's records that its steps use as they are; those that not every version writes are optional. */
const PARTS: Readonly<Record<JobKindName, { input: z.ZodType; data: z.ZodType }>> = {
  backup: {
    input: z.looseObject({ policyName: text, policy: z.looseObject({ repository: text, schedule: object }), slot: text }),
    data: z.looseObject({
      ...{ attempt: z.number(), failures: objects },
      ...{ indices: texts.optional(), streams: texts.optional(), featureStates: texts.optional() },
    }),
  },
  prune: {
    input: z.looseObject({
      policy: z.looseObject({ repository: text, schedule: object, keep: object }).optional(),
      deletion: z.looseObject({ repository: text, wanted: objects }).optional(),
    }),
    data: z.looseObject({ plan: z.looseObject({ remove: objects }).optional(), removed: objects.optional(), asked: texts.optional() }),
  },
  copy: {
    input: z.looseObject({ copyName: text, rule: z.looseObject({ to: object }), from: object, wanted: texts }),
    data: z.looseObject({
      ...{ round: z.number(), snapshots: objects, skipped: object, moved: object },
      ...{ pinned: object.optional(), moving: z.looseObject({ plan: text, begun: objects, done: object }).optional() },
    }),
  },
  arrival: {
    input: z.looseObject({ watchName: text, watch: object, snapshot: SNAPSHOT }),
    data: z.looseObject({ probes: objects, progress: object.optional() }),
  },
  restore: {
    input: z.looseObject({ snapshot: SNAPSHOT, repository: text, indices: texts }),
    data: z.looseObject({ targets: objects, checks: objects.optional() }),
  },
  retire: { input: z.looseObject({ index: text, uuid: text, notBefore: text }), data: object },
  rollback: { input: z.looseObject({ restore: text, moves: objects }), data: object },
  migration: {
    input: z.looseObject({ name: text, mode: text, slot: text, source: text, target: text, cut: object.optional() }),
    data: z.looseObject({ parts: object, times: object, blocked: texts.optional() }),
  },
  verification: {
    input: z.looseObject({ repository: text, place: object, snapshot: text, level: text }),
    data: z.looseObject({ verdicts: objects }),
  },
};

/** What a member of another shape than expected leads to. */
const LANGUAGE_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError, URIError];

/** What an error says of a job's step: that of the language itself names neither the record behind it nor what helps. */
export function stepFault(job: Job, error: unknown): string {
  const message = messageOf(error);
  if (!LANGUAGE_ERRORS.some((one) => error instanceof one)) return message;
  const [found, log] = [damagedPart(job), stateKey.job(job.id)];
  if (found === undefined)
    return `an error that ossnap has no words for (${message}); if a record below ${log} of the state was changed, put it back, else report it`;
  const { seq, part } = found;
  return `state object ${stateKey.record(job.id, seq)}: is damaged: it has no valid ${part} (${message}); ${putBack(job.id)}`;
}

/** The first member of a job's records with another shape than its steps use; `undefined` if nothing of it is known to be wrong. */
function damagedPart({ kind, intent, head }: Job): { seq: number; part: string } | undefined {
  const { input, data } = PARTS[kind];
  const [noData, inInput] = [faultOf(head.data, object, "data"), faultOf(intent.input, input, "intent.input")];
  if (inInput !== undefined && noData === undefined) return { seq: 0, part: inInput };
  const part = noData ?? faultOf(head.data, data, "data");
  return part === undefined ? undefined : { seq: head.seq, part };
}

/** Of a list the list itself, whichever of its elements is at fault. */
function faultOf(record: unknown, shape: z.ZodType, name: string): string | undefined {
  const { error } = shape.safeParse(record);
  if (error === undefined) return undefined;
  const path = error.issues[0]?.path ?? [];
  const list = path.findIndex((part) => typeof part === "number");
  return [name, ...(list < 0 ? path : path.slice(0, list))].join(".");
}

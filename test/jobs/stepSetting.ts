import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { Decision, JobKind, Look, StepContext } from "../../shared/jobs/kind.ts";
import { jobLog } from "../../shared/jobs/log.ts";
import type { Job, JobIntent } from "../../shared/jobs/record.ts";
import { reason } from "../../shared/model/reason.ts";

export const ID = "backup-nightly-20261121t013000z";
export const WHY = reason("test.why");
export type Data = { made?: boolean };
export type Kind = JobKind<unknown, Data, unknown>;

interface Setting {
  things: number;
  requests: number;
  log: string[];
  advance(ms: number): void;
  context(nonce?: string, change?: Partial<StepContext>): StepContext;
  open(): Promise<Job<unknown, Data>>;
  kind(change?: { perform?: () => Promise<void>; step?: Kind["step"]; lookUp?: () => Look<Data>; gather?: Kind["gather"] }): Kind;
  store: ReturnType<typeof memoryBlobStore>;
}

/** A job that makes one thing; the thing has no name, so a second request would make a second one. */
export async function setting(): Promise<Setting> {
  let nowMs = Date.UTC(2026, 10, 21, 1, 30);
  const now = () => new Date(nowMs);
  const store = memoryBlobStore({ now });
  const logOf = (nonce: string) => jobLog(store, { now }, { function: "test", requestId: nonce, nonce });
  const intent: JobIntent = {
    about: "test",
    asked: { by: "timer", who: "timer" },
    patienceUntil: new Date(nowMs + 3_600_000).toISOString(),
    input: {},
  };
  await logOf("creator").create(ID, intent, { state: "asked", reason: WHY, data: {} });
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const self: Setting = {
    things: 0,
    requests: 0,
    log: [],
    store,
    advance: (ms) => {
      nowMs += ms;
    },
    context: (nonce = "a", change = {}) => ({
      log: logOf(nonce),
      clock: { now },
      remainingMs: () => 60_000,
      paused: false,
      isPaused: async () => false,
      sleep: async () => undefined,
      logger: quiet,
      ...change,
    }),
    async open() {
      const job = await logOf("reader").read(ID);
      if (!job) throw new Error("the job is over");
      return job as Job<unknown, Data>;
    },
    kind: ({ perform, step, lookUp, gather } = {}) => ({
      gather: gather ?? (async () => undefined),
      step:
        step ??
        ((job): Decision<Data> =>
          job.head.data.made
            ? { do: "record", state: "done", reason: WHY, data: job.head.data }
            : { do: "effect", effect: "make", args: {}, reason: WHY, data: {} }),
      effects: {
        make: {
          async lookUp() {
            self.log.push("look");
            if (lookUp) return lookUp();
            return self.things > 0 ? { found: "ours", state: "running", reason: WHY, data: { made: true } } : { found: "none" };
          },
          async perform() {
            self.log.push("request");
            self.requests += 1;
            if (perform) return perform();
            self.things += 1;
          },
        },
      },
      result: () => null,
      finished: async () => undefined,
    }),
  };
  return self;
}

import { describe, expect, it } from "vitest";
import { writeHead } from "../../../shared/jobs/writeHead.ts";
import { type Reason, reason } from "../../../shared/model/reason.ts";
import { stoppedAfter } from "../../../shared/verbs/prune/show.ts";
import type { PruneData, PruneTarget } from "../../../shared/verbs/prune/step.ts";
import { say } from "../../../shared/words/say.ts";
import { jobOf } from "../../jobs/jobs.ts";

const target = (name: string): PruneTarget => ({ name, uuid: `uuid-${name}`, startTime: "2026-11-20T01:30:00.000Z" });
const [A, B, C] = [target("a"), target("b"), target("c")];
const PLAN = { hash: "aaaa", fingerprint: "f", remove: [A, B, C], newestGood: undefined, kept: 2 };
const stoppedWith = (removed: PruneTarget[] | undefined, why: Reason, state = "refused") =>
  stoppedAfter({ state, reason: why, data: { plan: PLAN, ...(removed && { removed }) } });

describe("a prune that ends before all of its plan was removed", () => {
  it.each<[Reason, RegExp]>([
    [reason("prune.protectedSince", { snapshot: "c" }), /: c has been pinned, or is needed by a job.*; nothing more is deleted$/],
    [reason("job.cancelled"), /: stopped as requested$/],
    [reason("prune.newestGone", { snapshot: "n" }), /: the newest good snapshot n no longer exists/],
    [reason("prune.otherUuid", { snapshot: "c" }), /: the name c now belongs to another snapshot$/],
    [
      reason("job.patience", { until: "2026-11-21T02:30:00.000Z", because: "prune.policyGone", policy: "nightly" }),
      /: policy nightly is no longer in ossnap.yaml/,
    ],
  ])("says how many went, and why it stopped: %j", (why, cause) => {
    const said = say(stoppedWith([A, B], why));
    expect(said).toMatch(/^removed 2 of 3 snapshots, then stopped: /);
    expect(said).toMatch(cause);
  });

  it("says only why where nothing was removed", () => {
    const why = reason("prune.listsNothing");
    expect([stoppedWith([], why), stoppedWith(undefined, why)]).toEqual([why, why]);
  });

  it.each([
    ["refused", "prune.stopped"],
    ["failed", "prune.stopped"],
    ["cancelled", "prune.stopped"],
    ["done", "job.cancelled"],
    ["planned", "job.cancelled"],
  ])("says so whatever ended it: %s", async (state, code) => {
    const job = jobOf({ id: "prune-nightly-x", state: "planned", input: {}, data: {} });
    const data: PruneData = { plan: PLAN, removed: [A] };
    const log = { append: async (_id: string, _head: unknown, next: object) => ({ ...job.head, ...next }) };
    const context = { log, logger: { info: () => undefined }, endingEarly: (_job: unknown, ending: never) => stoppedAfter(ending) };
    await writeHead(job, context as never, { state, reason: reason("job.cancelled"), data });
    expect(job.head.reason.code).toBe(code);
  });
});

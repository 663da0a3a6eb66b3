import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { type RetireJob, type RetireObservation, stepRetire } from "../../../shared/verbs/retire/step.ts";
import { jobOf } from "../../jobs/jobs.ts";

const NOW = new Date("2026-11-21T02:00:00Z");
const input = { index: "old", uuid: "u", notBefore: NOW.toISOString() };
const retire = (cancelling = false, change: Partial<RetireJob["head"]> = {}): RetireJob => {
  const job: RetireJob = jobOf({ id: "retire-1", state: "kept", input, data: {}, cancelling, createdAt: NOW });
  return { ...job, head: { ...job.head, ...change } };
};
const until = NOW.toISOString();
const there = { there: true as const, until, uuid: "u", aliases: [] as string[], marked: true, alias: "films", successor: "new" };
const unserved = { ...there, successor: undefined };
const kept = (minutesAgo: number, told = false) =>
  retire(false, { data: { unservedSince: new Date(NOW.getTime() - minutesAgo * 60_000).toISOString(), ...(told && { told }) } });
const down = { there: "unknown" as const, until: "2026-11-20T02:00:00Z", code: "transient", message: "connection refused" };
const gone = { there: false as const, until };
const claim = { effect: "deleteIndex", args: {}, attempt: 1, until };

describe("retiring an index that served", () => {
  it.each<[string, RetireJob, RetireObservation, string]>([
    ["waits until the retention is over", retire(), { ...there, until: "2026-11-21T02:00:01Z" }, "wait retire.kept"],
    ["deletes the index afterwards", retire(), there, "deleteIndex retire.delete"],
    ["is done when the index no longer exists", retire(), gone, "done retire.gone"],
    ["counts its own deletion", retire(false, { reason: reason("retire.deleted") }), gone, "done retire.deleted"],
    [
      "counts its own deletion whose answer was lost",
      retire(false, { reason: reason("retire.delete"), claim }),
      gone,
      "done retire.deleted",
    ],
    ["does not count a refused deletion", retire(false, { reason: reason("effect.refused"), claim }), gone, "done retire.gone"],
    ["keeps what may be the last copy", retire(), unserved, "kept retire.unserved"],
    ["waits while a restart may be the cause", kept(9), unserved, "wait retire.unserved"],
    ["tells it once", kept(10), unserved, "tellUnserved retire.unserved"],
    ["waits for a week once it is told", kept(10_000, true), unserved, "wait retire.unserved"],
    ["deletes it as soon as another one serves", kept(10_000, true), there, "deleteIndex retire.delete"],
    ["keeps an index that serves again", retire(), { ...there, aliases: ["films"] }, "skipped retire.serves"],
    ["keeps another index under the same name", retire(), { ...there, uuid: "v" }, "skipped retire.notOurs"],
    ["keeps an index without ossnap's marker", retire(), { ...there, marked: false }, "skipped retire.notOurs"],
    ["waits for a cluster that does not answer, whatever its patience was", retire(), down, "wait gather.failed"],
    ["keeps the index when cancelled", retire(true), there, "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepRetire(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });
});

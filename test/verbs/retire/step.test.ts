import { describe, expect, it } from "vitest";
import { type RetireJob, type RetireObservation, stepRetire } from "../../../shared/verbs/retire/step.ts";
import { jobOf } from "../../jobs/jobs.ts";

const NOW = new Date("2026-11-21T02:00:00Z");
const input = { index: "old", uuid: "u", notBefore: NOW.toISOString() };
const retire = (change: Partial<typeof input> = {}, cancelling = false): RetireJob =>
  jobOf({ id: "retire-1", state: "kept", input: { ...input, ...change }, data: {}, cancelling });
const there = { there: true as const, uuid: "u", aliases: [] as string[], marked: true };

describe("retiring an index that served", () => {
  it.each<[string, RetireJob, RetireObservation, string]>([
    ["waits until the retention is over", retire({ notBefore: "2026-11-21T02:00:01Z" }), there, "wait retire.kept"],
    ["deletes the index afterwards", retire(), there, "deleteIndex retire.delete"],
    ["is done when the index no longer exists", retire(), { there: false }, "done retire.gone"],
    ["keeps an index that serves again", retire(), { ...there, aliases: ["films"] }, "skipped retire.serves"],
    ["keeps another index under the same name", retire(), { ...there, uuid: "v" }, "skipped retire.notOurs"],
    ["keeps an index without ossnap's marker", retire(), { ...there, marked: false }, "skipped retire.notOurs"],
    ["keeps the index when cancelled", retire({}, true), there, "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepRetire(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });
});

import { reason } from "../../../shared/model/reason.ts";
import {
  type RetireData,
  type RetireInput,
  type RetireJob,
  type RetireObservation,
  stepRetire,
} from "../../../shared/verbs/retire/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { type Decided, decide } from "../decisions.ts";

const NOW = new Date("2026-11-21T02:00:00Z");
const DAY_MS = 86_400_000;
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString();
const UNTIL = ago(3_600_000);
const INPUT: RetireInput = { index: "movies-20261120010006531-0123abcd", uuid: "uuid-old", notBefore: ago(7_200_000), alias: "films" };

const job = (data: RetireData = {}, head: Partial<RetireJob["head"]> = {}): RetireJob => {
  const made: RetireJob = jobOf({ id: "retire-0123abcd", state: "kept", input: INPUT, data, createdAt: new Date(ago(7_200_000)) });
  return { ...made, head: { ...made.head, ...head } };
};
const there = (change: Partial<Extract<RetireObservation, { there: true }>> = {}): RetireObservation => ({
  there: true,
  until: UNTIL,
  uuid: "uuid-old",
  aliases: [],
  marked: true,
  alias: "films",
  successor: "movies-20261121010006531-4567cdef",
  ...change,
});
const unserved = (until = UNTIL) => there({ successor: undefined, until });
const silent = (until: string): RetireObservation => ({ there: "unknown", until, code: "transient", message: "connect ECONNREFUSED" });
const claim = (effect: string) => ({ effect, args: {}, attempt: 1, until: ago(0) });
const gone = { there: false as const, until: UNTIL };

export function retireDecisions(): Decided[] {
  return decide<RetireInput, RetireData, RetireObservation>(stepRetire, NOW, [
    ["one millisecond before its time", job(), there({ until: ago(-1) })],
    ["its time has come", job(), there({ until: ago(0) })],
    ["more is kept than may be", job(), there({ until: ago(7_200_000), over: { bytes: 300, most: 200 } })],
    [
      "more was kept than may be, and the answer was lost",
      job({}, { reason: reason("retire.overBytes"), claim: claim("deleteIndex") }),
      { ...gone, over: { bytes: 300, most: 200 } },
    ],
    ["it is cancelled before its time", job({}, { cancelling: { who: "ops", at: ago(0) } }), there({ until: ago(-1) })],
    ["it is gone", job(), gone],
    ["it is gone after its deletion was seen", job({}, { reason: reason("retire.deleted", { index: INPUT.index }) }), gone],
    ["it is gone while the answer was lost", job({}, { reason: reason("retire.delete"), claim: claim("deleteIndex") }), gone],
    ["it is gone while another effect is claimed", job({}, { reason: reason("retire.delete"), claim: claim("tellUnserved") }), gone],
    ["it is gone although its deletion was refused", job({}, { reason: reason("effect.refused"), claim: claim("deleteIndex") }), gone],
    ["another index has its name", job(), there({ uuid: "uuid-other" })],
    ["it lost its marker", job(), there({ marked: false })],
    ["it serves again", job(), there({ aliases: ["films", "cinema"] })],
    ["nothing else serves", job(), unserved()],
    ["nothing else serves, and no alias is known", job(), there({ successor: undefined, alias: undefined })],
    ["nothing else serves for one millisecond less than ten minutes", job({ unservedSince: ago(599_999) }), unserved()],
    ["nothing else serves for ten minutes", job({ unservedSince: ago(600_000) }), unserved()],
    ["nothing else serves for almost a week", job({ unservedSince: ago(DAY_MS), told: true }), unserved(ago(7 * DAY_MS - 1))],
    ["nothing else serves for a week", job({ unservedSince: ago(DAY_MS), told: true }), unserved(ago(7 * DAY_MS))],
    ["the cluster does not answer for almost a week", job(), silent(ago(7 * DAY_MS - 1))],
    ["the cluster does not answer for a week", job(), silent(ago(7 * DAY_MS))],
  ]);
}

import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { reportArrival } from "../../shared/verbs/arrival/show.ts";
import { reportRestore } from "../../shared/verbs/restore/show.ts";
import { reportVerification } from "../../shared/verbs/verification/show.ts";
import { type TestWorld, testWorld } from "../world/world.ts";

const WHY = reason("restore.gone", { index: "x" });
type Report = (world: TestWorld, state: string, input: object) => Promise<void>;

const ASKED = { by: "ossnap", who: "an arrival" };

/** Reports a job that ended like this, with as much of a job as the reports read. */
const reporting =
  (report: (world: never, job: never) => Promise<void>): Report =>
  async (world, state, input) =>
    report(
      (await world.open()) as never,
      { id: "job", intent: { cluster: "target", asked: ASKED, input }, head: { state, reason: WHY, data: {} } } as never,
    );
const [restored, arrived, verified] = [reporting(reportRestore), reporting(reportArrival), reporting(reportVerification)];

const snapshot = (startTime: string) => ({ snapshot: { startTime: `2026-11-${startTime}T01:00:00.000Z` } });

describe("a notice about a failure", () => {
  const cases: [string, Report, object, object, boolean][] = [
    ["a restore behind another alias", restored, { indices: ["a"], alias: "x" }, { indices: ["a"], alias: "y" }, false],
    ["a restore of other indices", restored, { indices: ["a"] }, { indices: ["b"] }, false],
    ["a restore behind the same alias", restored, { indices: ["a"], alias: "x" }, { indices: ["b"], alias: "x" }, true],
    ["a watch's older snapshot", restored, { watch: "w", ...snapshot("22") }, { watch: "w", ...snapshot("21") }, false],
    ["a watch's newer snapshot", restored, { watch: "w", ...snapshot("21") }, { watch: "w", ...snapshot("22") }, true],
    ["an older arrival", arrived, { watchName: "w", ...snapshot("22") }, { watchName: "w", ...snapshot("21") }, false],
    ["the arrival itself", arrived, { watchName: "w", ...snapshot("22") }, { watchName: "w", ...snapshot("22") }, true],
    [
      "a verification at another level",
      verified,
      { repository: "r", snapshot: "all", level: "contents" },
      { repository: "r", snapshot: "all", level: "metadata" },
      false,
    ],
    [
      "the same verification",
      verified,
      { repository: "r", snapshot: "all", level: "contents" },
      { repository: "r", snapshot: "all", level: "contents" },
      true,
    ],
  ];
  it.each(cases)("and the success of %s", async (_, report, failed, done, isResolved) => {
    const world = await testWorld();
    const fill = (input: object) => ({ indices: [], ...snapshot("20"), ...input });
    await report(world, "failed", fill(failed));
    await report(world, "done", fill(done));
    expect(world.notices.map(({ status }) => status)).toEqual(isResolved ? ["firing", "resolved"] : ["firing"]);
  });
});

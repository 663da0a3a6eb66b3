import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { resolveDeletions } from "../../shared/notices/deletionNotices.ts";
import { raiseNotice } from "../../shared/notices/notices.ts";
import { readLive } from "../../shared/state/liveView.ts";
import { reportArrival } from "../../shared/verbs/arrival/show.ts";
import { reportPrune } from "../../shared/verbs/prune/show.ts";
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

describe("a notice about a failed deletion", () => {
  const deletion = (uuids: string[], removed: string[]) => {
    const targets = (names: string[]) => names.map((uuid) => ({ name: `s-${uuid}`, uuid }));
    return {
      id: `job-${uuids}`,
      intent: { asked: ASKED, input: { deletion: { repository: "backups", wanted: targets(uuids) }, hash: `h-${uuids}`, place: "" } },
      head: { reason: WHY, data: { plan: { remove: targets(uuids) }, removed: targets(removed) } },
    };
  };
  const report = async (world: TestWorld, state: string, uuids: string[], removed: string[] = []) => {
    const made = deletion(uuids, removed);
    await reportPrune(await world.open(), { ...made, head: { ...made.head, state } } as never);
  };
  const open = async (world: TestWorld) => [...(await readLive(world.state)).notices.keys()];

  it("is resolved by the deletion of its own snapshots only, and by a listing without them", async () => {
    const world = await testWorld();
    await report(world, "failed", ["a", "b"], ["a"]);
    await report(world, "failed", ["c"]);
    expect(world.notices.map(({ status }) => status)).toEqual(["firing", "firing"]);
    await report(world, "done", ["x"], ["x"]);
    expect(await open(world)).toHaveLength(2);
    await report(world, "done", ["b"], ["b"]);
    expect(await open(world)).toEqual(["deletion-failed:backups/h-c"]);
    await resolveDeletions(await world.open(), "backups", { isGone: (snapshot) => snapshot === "c" });
    expect(await open(world)).toEqual([]);
  });

  it("of an earlier version, which names no snapshot, is resolved by any success", async () => {
    const world = await testWorld();
    await raiseNotice(await world.open(), { key: "deletion-failed:backups", code: "prune.refused", severity: "warning", reason: WHY });
    await resolveDeletions(await world.open(), "backups", { isGone: () => true });
    expect(await open(world)).toHaveLength(1);
    await report(world, "done", ["x"], ["x"]);
    expect(await open(world)).toEqual([]);
  });
});

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

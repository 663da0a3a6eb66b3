import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { jobId } from "../../../shared/model/jobId.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { earlierPrune } from "../../../shared/verbs/prune/earlier.ts";
import type { PruneData, PruneInput, PruneJob } from "../../../shared/verbs/prune/step.ts";
import { type JobInput, jobOf } from "../../jobs/jobs.ts";
import { DAY_MS, MINUTE_MS, NIGHTLY, type TestWorld, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

let world: TestWorld;
const tick = async () => advanceJobs(await world.open());
const start = async () => createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
const night = async () => {
  await start();
  world.source.finishSnapshots();
  await tick();
  world.advance(DAY_MS);
};
const prune = async () => pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
const idNow = () => jobId.prune("nightly", slotOf(world.now()));
const done = async (id: string) => (await world.open()).log.done(id);
const openPrunes = async () => [
  ...new Set((await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2]).filter((id) => id?.startsWith("prune-"))),
];
const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);

/** A running snapshot holds the lane, so that no prune deletes anything. */
async function whileBackupRuns(): Promise<string> {
  await start();
  const id = idNow();
  expect(await prune()).toMatchObject({ job: id, advanced: { outcome: "waiting", reason: { code: "lane.busy" } } });
  world.advance(2 * MINUTE_MS);
  return id;
}

beforeEach(async () => {
  // The retention keeps the two newest.
  world = await testWorld({ sourceVersion: "7.10.2" });
  world.source.putIndex("movies", { documents: 3 });
  for (let count = 0; count < 4; count += 1) await night();
  await applyPrune(await world.open(), "nightly", (await dryPrune(await world.open(), "nightly")).hash, OPS);
  await tick();
  await night();
});

describe("prunes on the timer whose slots come faster than their cluster can take them", () => {
  it("do not queue up: one stays open, and the slots behind it are recorded as skipped, once each", async () => {
    const first = await whileBackupRuns();
    for (let slot = 0; slot < 3; slot += 1) {
      const id = idNow();
      expect(await prune()).toMatchObject({ job: id, advanced: { outcome: "finished", state: "skipped" } });
      expect(await prune()).toMatchObject({ job: id, outcome: "done" });
      expect(await done(id)).toMatchObject({ state: "skipped", reason: { code: "prune.superseded", params: { job: first } } });
      world.advance(2 * MINUTE_MS);
    }
    expect(await openPrunes()).toEqual([first]);
    expect(world.notices).toEqual([]);
  });

  it("delete what the one that stayed open planned, and then, in the next slot, what became superfluous meanwhile", async () => {
    const before = await names();
    const first = await whileBackupRuns();
    await prune();
    world.source.finishSnapshots();
    await tick();
    await tick();
    expect(await done(first)).toMatchObject({ state: "done", result: { removed: [before[0]] } });
    world.advance(2 * MINUTE_MS);
    const last = idNow();
    await prune();
    await tick();
    expect(await done(last)).toMatchObject({ state: "done", result: { removed: [before[1]] } });
  });

  it("run all the same when the one before carries another rule", async () => {
    const first = await whileBackupRuns();
    world.config.backups.nightly = { ...world.config.backups.nightly, keep: { last: 1, atLeast: 1 } } as never;
    const changed = idNow();
    expect(await prune()).toMatchObject({ job: changed, advanced: { state: "refused", reason: { code: "prune.notApplied" } } });
    expect(await done(first)).toBeUndefined();
  });

  it("leave a plan applied by hand alone, and are not held back by it", async () => {
    const first = await whileBackupRuns();
    const plan = await dryPrune(await world.open(), "nightly");
    const applied = await applyPrune(await world.open(), "nightly", plan.hash, OPS);
    await tick();
    expect((await openPrunes()).sort()).toEqual([first, `prune-nightly-${plan.hash}`].sort());
    expect(applied.outcome).toBe("created");
  });

  it("are recorded without a request to the cluster, which may be what does not answer", async () => {
    await whileBackupRuns();
    world.source.failNext("info", new AppError("transient", "cluster source: no answer"));
    expect(await prune()).toMatchObject({ advanced: { outcome: "finished", state: "skipped" } });
  });
});

describe("which prune on the timer yields", () => {
  const prunes = (change: (number: number) => Partial<JobInput<PruneInput, PruneData>> = () => ({})): PruneJob[] =>
    [1, 2, 3].map((number) =>
      jobOf<PruneInput, PruneData>({
        id: `prune-nightly-2026112${number}t023000z`,
        state: "asked",
        input: { policyName: "nightly", policy: NIGHTLY, place: "p" },
        data: {},
        ...change(number),
      }),
    );
  const yields = (jobs: PruneJob[]) => jobs.map((job) => earlierPrune(job, jobs)?.slice(-16, -7));
  const plan = { hash: "h", fingerprint: "f", remove: [], newestGood: undefined, kept: 1 };

  it.each<[string, PruneJob[], (string | undefined)[]]>([
    ["all but the first, of the same age as well", prunes(), [undefined, "20261121t", "20261121t"]],
    ["none to one that is being cancelled", prunes((number) => ({ cancelling: number === 1 })), [undefined, undefined, "20261122t"]],
    [
      "none that may have deleted something",
      prunes((number) => (number === 2 ? { data: { plan, asked: ["a"] } } : number === 3 ? { data: { plan } } : {})),
      [undefined, undefined, undefined],
    ],
    ["one whose plan asked for nothing yet", prunes(() => ({ data: { plan, asked: [] } })), [undefined, "20261121t", "20261121t"]],
    [
      "none of another policy, by hand, or of an earlier version",
      prunes((number) => ({ input: { policyName: `p${number}`, policy: NIGHTLY, place: "p", ...(number === 3 ? { hash: "h" } : {}) } })),
      [undefined, undefined, undefined],
    ],
  ])("%s", (_, jobs, expected) => {
    expect(yields(jobs)).toEqual(expected);
  });
});

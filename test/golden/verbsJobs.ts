import { jobId } from "../../shared/model/jobId.ts";
import { reason } from "../../shared/model/reason.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { cancelJob } from "../../shared/verbs/jobs/ask.ts";
import { fire, ID, OPS } from "../world/nightly.ts";
import { MINUTE_MS, NIGHTLY, type TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import { RESUME, ROLLBACK } from "./rollbackCases.ts";
import { newWorld, nights, stageOf } from "./stages.ts";

/** The first night of policy `nightly`: its snapshot is running. */
const running = stageOf(newWorld, fire);
const finished = stageOf(() => nights(1));
const NEVER = "backup-nightly-20200101t000000z";

/** The first attempt ended as PARTIAL after a snapshot by hand, the second one succeeded. */
async function twoAttempts(world: TestWorld): Promise<void> {
  const { source } = world;
  await source.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
  await source.createSnapshot("theirs", "by-hand", { indices: ["movies"], metadata: {} });
  source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
  await fire(world);
  for (let look = 0; look < 3; look += 1) {
    world.advance(3 * MINUTE_MS);
    source.finishSnapshots();
    await advanceJob(await world.open(), ID);
    if (look === 0) world.advance(NIGHTLY.patienceMs / 4);
  }
}

async function waits({ source, ...world }: TestWorld): Promise<void> {
  await source.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
  await source.createSnapshot("theirs", "by-hand", { indices: ["movies"], metadata: {} });
  await fire({ source, ...world });
}

const anotherNight = async (world: TestWorld) => createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });

/** Two indices that restores replaced wait for their deletion. */
async function keepsTwo(world: TestWorld): Promise<void> {
  const opened = await world.open();
  for (const [at, until] of ["2026-11-24T01:30:00.000Z", "2026-11-23T01:30:00.000Z"].entries()) {
    const index = `movies-${at}`;
    const input = { index, uuid: index, notBefore: until };
    await opened.log.create(
      jobId.retire("restore-1", index),
      { about: `${index} on target`, asked: { by: "ossnap", who: "restore-1" }, cluster: "target", patienceUntil: until, input },
      { state: "kept", reason: reason("retire.kept", { index, until }), data: {} },
    );
  }
}

const JOBS: VerbCases = {
  signature: "jobs",
  cases: [
    { outcome: "ok", title: "an open one and finished ones", words: ["jobs"], stage: stageOf(() => nights(2), anotherNight) },
    { outcome: "ok", title: "open ones only", words: ["jobs", "--open"], stage: stageOf(() => nights(2), anotherNight) },
    { outcome: "ok", title: "of one kind", words: ["jobs", "--kind", "backup"], stage: finished },
    { outcome: "ok", title: "with indices that are kept for a while", words: ["jobs"], stage: stageOf(() => nights(1), keepsTwo) },
    { outcome: "ok", title: "the kept indices", words: ["jobs", "--kind", "retire"], stage: stageOf(() => nights(1), keepsTwo) },
    { outcome: "failed", title: "no such kind", words: ["jobs", "--kind", "dance"], stage: stageOf(newWorld) },
    {
      outcome: "failed",
      title: "a state without identity",
      words: ["jobs"],
      stage: stageOf(newWorld, (world) => world.state.delete(["state.json"])),
    },
    {
      outcome: "failed",
      title: "a state that lost live/",
      words: ["jobs"],
      stage: stageOf(finishedWorld, async (world) => world.state.delete(await world.stateKeys("live/"))),
    },
    { outcome: "empty", title: "none at all", words: ["jobs"], stage: stageOf(newWorld) },
    { outcome: "empty", title: "none is open", words: ["jobs", "--open"], stage: finished },
    {
      outcome: "empty",
      title: "none is open but those that are kept",
      words: ["jobs", "--open"],
      stage: stageOf(() => nights(1), keepsTwo),
    },
    { outcome: "empty", title: "none of the kind", words: ["jobs", "--kind", "copy"], stage: finished },
  ],
  without: { refused: "it only reads" },
};

function finishedWorld(): Promise<TestWorld> {
  return nights(1);
}

const SHOW: VerbCases = {
  signature: "jobs show <id>",
  cases: [
    { outcome: "ok", title: "an open one", words: ["jobs", "show", ID], stage: running },
    { outcome: "ok", title: "one that waits", words: ["jobs", "show", ID], stage: stageOf(newWorld, waits) },
    { outcome: "ok", title: "a finished one of two attempts", words: ["jobs", "show", ID], stage: stageOf(newWorld, twoAttempts) },
    { outcome: "failed", title: "one that never was", words: ["jobs", "show", NEVER], stage: stageOf(newWorld) },
    { outcome: "failed", title: "an id of no kind", words: ["jobs", "show", "dance-1"], stage: stageOf(newWorld) },
  ],
  without: { refused: "it only reads", empty: "a job that is not there is a failure" },
};

const asked = (answers: boolean) => async () => ({ ...(await running()), answers });
const CANCEL: VerbCases = {
  signature: "jobs cancel <id>",
  cases: [
    { outcome: "ok", title: "asked to stop", words: ["jobs", "cancel", ID, "--yes"], stage: running },
    { outcome: "ok", title: "the person at the terminal says yes", words: ["jobs", "cancel", ID], stage: asked(true) },
    {
      outcome: "ok",
      title: "asked to stop before",
      words: ["jobs", "cancel", ID, "--yes"],
      stage: stageOf(newWorld, async (world) => {
        await fire(world);
        await cancelJob(await world.open(), ID, OPS);
      }),
    },
    { outcome: "refused", title: "the person at the terminal says no", words: ["jobs", "cancel", ID], stage: asked(false) },
    { outcome: "refused", title: "it is over", words: ["jobs", "cancel", ID, "--yes"], stage: finished },
    { outcome: "failed", title: "no one to ask", words: ["jobs", "cancel", ID], stage: running },
    { outcome: "failed", title: "one that never was", words: ["jobs", "cancel", NEVER, "--yes"], stage: stageOf(newWorld) },
  ],
  without: { empty: "a job that is not there is a failure" },
};

export const JOB_VERBS = [JOBS, SHOW, CANCEL, RESUME, ROLLBACK];

import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../../../shared/tick/advanceJobs.ts";
import { cancelJob } from "../../../../shared/verbs/jobs/ask.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { OPS } from "../../../world/nightly.ts";
import { statesWorld } from "../../../world/states.ts";
import { MINUTE_MS, type TestWorld } from "../../../world/world.ts";

const REQUEST = { snapshot: "all", repository: "moved-movies", to: "target", indices: ["*", "-.*"], replicas: 0 };
type Change = Partial<RestoreRequestByHand>;
const preflight = async (world: TestWorld, change: Change) => preflightRestore(await world.open(), { ...REQUEST, ...change });
const told = async (world: TestWorld, change: Change) =>
  (await preflight(world, change)).checks.flatMap(({ result, reason }) =>
    result === "ok" || reason.code === "settings.leftBehind" ? [] : [`${result} ${reason.code}`],
  );
const STATE = { globalState: true, loseOld: true };
const FEATURE = { featureStates: ["tasks"], loseOld: true };
const STREAM = { dataStreams: ["logs-app"] };

async function start(world: TestWorld, change: Change): Promise<string> {
  const outcome = await startRestore(await world.open(), { ...REQUEST, ...change }, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
  return outcome.created.job.id;
}

async function finish(world: TestWorld, id: string, looks = 10) {
  for (let look = 0; look < looks; look += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
  return (await world.open()).log.done(id);
}

const settingsOf = async (world: TestWorld) => (await world.target.limits?.())?.recoveryRate;
const names = async (world: TestWorld) =>
  (await world.target.listIndices()).map(({ name, dataStream }) => (dataStream ? `${dataStream}: ${name}` : name)).sort();

describe("the global state on 8.17.0", () => {
  it("is refused until a person accepts what is lost, and the dry run says how much is replaced", async () => {
    const world = await statesWorld("8.17.0");
    expect(await told(world, { globalState: true })).toEqual(["refuse state.global"]);
    const { checks, refused, targets } = await preflight(world, STATE);
    const why = checks.find(({ reason }) => reason.code === "state.global")?.reason;
    expect(why?.params).toMatchObject({ settings: 2, templates: 3, pipelines: 1 });
    expect(refused).toBe(false);
    expect(targets.map(({ index }) => index)).toEqual(["movies"]);
  });

  it("is restored by one request, whose carrier is gone at the end", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STATE);
    const done = await finish(world, id);
    expect(done).toMatchObject({ state: "done", result: { states: { globalState: true, features: [], streams: [] } } });
    expect(await names(world)).toEqual([]);
    expect(world.target.writes.filter(({ method }) => method === "restore")).toHaveLength(1);
    expect(await settingsOf(world)).toBe("50mb");
  });

  it("takes along how many shards there may be: what follows it meets the new limit, and what brings it the old one", async () => {
    const world = await statesWorld("8.17.0");
    world.target.putClusterSettings({ "cluster.max_shards_per_node": "1" });
    const { dataNodes } = await world.target.info();
    for (let node = 1; node < dataNodes; node += 1) world.target.putIndex(`there-${node}`, { shards: 1, replicas: 0 });
    expect(await told(world, STREAM)).toContain("refuse shards.full");
    expect(await told(world, { ...STATE, ...STREAM })).not.toContain("refuse shards.full");
    expect(await finish(world, await start(world, { ...STATE, ...STREAM }), 20)).toMatchObject({ state: "done" });
  });

  it("of a snapshot without one is refused, whatever version the cluster has", async () => {
    for (const version of ["8.17.0", "9.2.0"])
      expect(await told(await statesWorld("8.17.0", version), { ...STATE, snapshot: "part" })).toContain("refuse state.noGlobal");
    const world = await statesWorld("5.5.3");
    expect(await told(world, { ...STATE, snapshot: "part" })).toContain("refuse state.noGlobal");
    expect(await settingsOf(world)).toBe("60mb");
  });

  it("is not restored twice when the answer was lost", async () => {
    const world = await statesWorld("8.17.0");
    world.target.failNext("restore", "lost");
    const id = await start(world, STATE);
    expect(await finish(world, id)).toMatchObject({ state: "done" });
    expect(world.target.writes.filter(({ method }) => method === "restore")).toHaveLength(1);
  });

  it("remains after a cancel, which says so and leaves no index", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STATE);
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    await cancelJob(await world.open(), id, OPS);
    const done = await finish(world, id);
    expect(done).toMatchObject({
      state: "cancelled",
      reason: { code: "state.replaced", params: { because: "job.cancelled", brought: ["the global state"] } },
    });
    expect(await names(world)).toEqual([]);
  });
});

describe("the global state on 5.5.3", () => {
  it("is restored, with its settings", async () => {
    const world = await statesWorld("5.5.3");
    expect(await finish(world, await start(world, STATE))).toMatchObject({ state: "done" });
    expect(await settingsOf(world)).toBe("50mb");
  });
});

describe("states of features", () => {
  it("replace the system indices that are there, which a person must accept", async () => {
    const world = await statesWorld("8.17.0");
    world.target.putIndex(".tasks", { system: true, documents: 7, shards: 1, replicas: 0 });
    expect(await told(world, { featureStates: ["tasks"] })).toEqual(["refuse state.replacesIndex"]);
    const before = (await world.target.listIndices()).find(({ name }) => name === ".tasks")?.uuid;
    const done = await finish(world, await start(world, FEATURE));
    expect(done).toMatchObject({ state: "done", result: { states: { globalState: false, features: ["tasks"] } } });
    const [there, ...others] = await world.target.listIndices();
    expect([there?.name, there?.uuid === before, others]).toEqual([".tasks", false, []]);
    expect(await world.target.countDocuments(".tasks")).toBe(0);
    expect(await settingsOf(world)).toBe("60mb");
  });

  it("that the snapshot lacks, or that the cluster does not know, are refused", async () => {
    expect(await told(await statesWorld("8.17.0"), { featureStates: ["kibana"] })).toContain("refuse state.featuresAbsent");
    expect(await told(await statesWorld("5.5.3"), { featureStates: ["tasks"] })).toContain("refuse state.noFeatures");
  });

  it("stay after a cancel, because they are the only ones that there are", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, FEATURE);
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    await cancelJob(await world.open(), id, OPS);
    expect(await finish(world, id)).toMatchObject({ state: "cancelled", reason: { params: { brought: ["feature tasks"] } } });
    expect(await names(world)).toEqual([".tasks"]);
  });
});

describe("data streams", () => {
  const WHOLE = ["logs-app: .ds-logs-app-2026.11.30-000001", "logs-app: .ds-logs-app-2026.11.30-000002"];

  it("come into an empty cluster with their own names, and under another name beside", async () => {
    const world = await statesWorld("8.17.0");
    expect(await told(world, STREAM)).toEqual(["warn state.stream"]);
    const done = await finish(world, await start(world, STREAM));
    expect(done).toMatchObject({ state: "done", result: { states: { streams: [{ stream: "logs-app", as: "logs-app" }] } } });
    expect(await names(world)).toEqual(WHOLE);
    expect(await told(world, STREAM)).toContain("refuse state.streamThere");
    expect(await finish(world, await start(world, { ...STREAM, as: { "*": "restored-*" } }))).toMatchObject({ state: "done" });
    expect(await names(world)).toEqual([...WHOLE, ...WHOLE.map((name) => name.replaceAll("logs-app", "restored-logs-app"))]);
    expect(await world.target.countDocuments(".ds-restored-logs-app-2026.11.30-000002")).toBe(3);
  });

  it("are restored by one request each, also when its answer was lost", async () => {
    const world = await statesWorld("8.17.0");
    world.target.failNext("restoreStream", "lost");
    expect(await finish(world, await start(world, STREAM))).toMatchObject({ state: "done" });
    expect(world.target.writes.filter(({ method }) => method === "restoreStream")).toHaveLength(1);
  });

  it("are deleted as a whole by a cancel", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STREAM);
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    expect(await names(world)).toEqual(WHOLE);
    await cancelJob(await world.open(), id, OPS);
    expect(await finish(world, id)).toMatchObject({ state: "cancelled", reason: { code: "job.cancelled" } });
    expect(await names(world)).toEqual([]);
  });

  it("that the snapshot lacks, or whose new name nothing has, are refused", async () => {
    const world = await statesWorld("8.17.0");
    expect(await told(world, { dataStreams: ["logs-web"] })).toContain("refuse state.streamsAbsent");
    expect(await told(world, { ...STREAM, as: { "logs-web": "other" } })).toContain("refuse name.renamesNothing");
    expect(await told(await statesWorld("5.5.3"), STREAM)).toContain("refuse state.noStreams");
  });
});

const half = async (world: TestWorld, ticks = 2) => {
  for (let tick = 0; tick < ticks; tick += 1) {
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
};

describe("what others do meanwhile", () => {
  it("a carrier that is deleted does not make the request be sent again", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STATE);
    await half(world);
    const [carrier] = await world.target.listIndices();
    await world.target.deleteIndex(carrier?.name ?? "");
    world.target.putClusterSettings({ "indices.recovery.max_bytes_per_sec": "77mb" });
    expect(await finish(world, id)).toMatchObject({ state: "done" });
    expect([world.target.writes.filter(({ method }) => method === "restore").length, await settingsOf(world)]).toEqual([1, "77mb"]);
  });

  it("an index of a feature that appeared since the request was made is not replaced without consent", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, { featureStates: ["tasks"] });
    world.target.putIndex(".tasks", { system: true, documents: 7, shards: 1, replicas: 0 });
    expect(await finish(world, id)).toMatchObject({ state: "refused", reason: { params: { refusals: ["state.replacesIndex"] } } });
    expect(await world.target.countDocuments(".tasks")).toBe(7);
  });

  it("a data stream of the name that appeared since is not replaced, in the plan and right before the request", async () => {
    const live = { dataStream: "logs-app", documents: 4, shards: 1, replicas: 0 };
    const early = await statesWorld("8.17.0");
    const refused = await start(early, STREAM);
    early.target.putIndex(".ds-logs-app-2026.11.30-000007", live);
    expect(await finish(early, refused)).toMatchObject({ state: "refused", reason: { params: { refusals: ["state.streamThere"] } } });
    const late = await statesWorld("8.17.0");
    const id = await start(late, STREAM);
    // After the registration, and after the plan has listed the indices.
    const { runningRestores } = late.target;
    let looks = 0;
    late.target.runningRestores = async () => {
      looks += 1;
      if (looks === 2) late.target.putIndex(".ds-logs-app-2026.11.30-000007", live);
      return runningRestores();
    };
    expect(await finish(late, id)).toMatchObject({ state: "failed", reason: { code: "state.streamThere" } });
    for (const { target } of [early, late]) {
      expect((await target.listIndices()).map(({ name, dataStream }) => [name, dataStream])).toEqual([
        [".ds-logs-app-2026.11.30-000007", "logs-app"],
      ]);
      expect(target.writes.filter(({ method }) => method === "restoreStream")).toEqual([]);
    }
  });

  it("a data stream that was deleted meanwhile is not restored again", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STREAM);
    await half(world);
    await world.target.deleteStream("logs-app");
    expect(await finish(world, id)).toMatchObject({ state: "failed", reason: { code: "restore.gone" } });
    expect(world.target.writes.filter(({ method }) => method === "restoreStream")).toHaveLength(1);
  });

  it.each([
    [
      "rolled over",
      (world: TestWorld) => world.target.putIndex(".ds-logs-app-2026.12.01-000003", { dataStream: "logs-app", documents: 9 }),
    ],
    ["written to", (world: TestWorld) => world.target.writeDocuments(".ds-logs-app-2026.11.30-000002", ["x", "y", "z", "1", "2", "3"])],
  ])("a data stream that was %s stays after a cancel, which says so", async (_what, change) => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STREAM);
    await half(world);
    change(world);
    const before = await names(world);
    await cancelJob(await world.open(), id, OPS);
    const done = await finish(world, id);
    expect(done).toMatchObject({ state: "cancelled", reason: { code: "state.replaced", params: { because: "job.cancelled" } } });
    expect(await names(world)).toEqual(before);
    expect(world.target.writes.filter(({ method }) => method === "deleteStream")).toEqual([]);
  });
});

it("latest is the newest snapshot that holds what is asked for, and the dry run says so", async () => {
  const world = await statesWorld("8.17.0");
  const { checks, snapshot } = await preflight(world, { ...STATE, snapshot: "latest" });
  expect(snapshot.name).toBe("all");
  expect(checks.find(({ reason }) => reason.code === "snapshot.newestLacks")?.reason.params).toMatchObject({ newest: "part" });
  expect((await preflight(world, { snapshot: "latest" })).snapshot.name).toBe("part");
});

it("the state, a feature and a data stream come with one job", async () => {
  const world = await statesWorld("8.17.0");
  const id = await start(world, { ...STATE, ...FEATURE, ...STREAM });
  const done = await finish(world, id, 14);
  expect(done).toMatchObject({ state: "done", reason: { code: "state.done" } });
  expect(done?.reason.params.brought).toEqual(["the global state", "feature tasks", "data stream logs-app"]);
  expect(await names(world)).toEqual([".tasks", "logs-app: .ds-logs-app-2026.11.30-000001", "logs-app: .ds-logs-app-2026.11.30-000002"]);
});

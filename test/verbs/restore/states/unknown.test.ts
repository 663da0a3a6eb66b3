import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/model/errors.ts";
import { cancelJob } from "../../../../shared/verbs/jobs/ask.ts";
import { say } from "../../../../shared/words/say.ts";
import { OPS } from "../../../world/nightly.ts";
import { statesWorld } from "../../../world/states.ts";
import { MOVED, type TestWorld } from "../../../world/world.ts";
import { finish, namesOf, requests, start, tick } from "./asking.ts";

const STATE = { globalState: true, loseOld: true };
const RATE = "indices.recovery.max_bytes_per_sec";
const settingsOf = async (world: TestWorld) => (await world.target.limits()).recoveryRate;

/** The function dies when the cluster has carried out the request, and a person deletes the carrier and changes a setting. */
async function diedAfterTheRequest(change: object): Promise<{ world: TestWorld; id: string }> {
  const world = await statesWorld("8.17.0");
  const id = await start(world, change);
  const { restore } = world.target;
  const { put } = world.state;
  let isDead = false;
  const gone = () => new AppError("transient", "the function is gone");
  world.target.restore = async (request) => {
    await restore(request);
    isDead = true;
    throw gone();
  };
  world.state.put = async (...args) => {
    if (isDead) throw gone();
    return put.apply(world.state, args);
  };
  await tick(world).catch(() => undefined);
  Object.assign(world.target, { restore });
  Object.assign(world.state, { put });
  expect(isDead).toBe(true);
  for (const name of await namesOf(world)) if (name.startsWith("ossnap-state")) await world.target.deleteIndex(name);
  world.target.putClusterSettings({ [RATE]: "77mb" });
  return { world, id };
}

describe("a request whose answer was lost, and of which nothing shows", () => {
  it("is not sent again, and the end says that it is unknown whether the state was replaced", async () => {
    const { world, id } = await diedAfterTheRequest(STATE);
    const done = await finish(world, id, 30);
    expect(done).toMatchObject({ state: "failed", reason: { code: "state.unknown", params: { brought: ["the global state"] } } });
    expect([requests(world, "restore"), await settingsOf(world)]).toEqual([1, "77mb"]);
    expect(done && say(done.reason)).toContain("Compare the cluster with the snapshot");
  });

  it("is told by a cancel too", async () => {
    const { world, id } = await diedAfterTheRequest(STATE);
    await cancelJob(await world.open(), id, OPS);
    const done = await finish(world, id, 30);
    expect(done).toMatchObject({ state: "cancelled", reason: { code: "state.perhapsReplaced", params: { because: "job.cancelled" } } });
    expect([requests(world, "restore"), await settingsOf(world)]).toEqual([1, "77mb"]);
  });

  it("was carried out if an index of a feature shows it", async () => {
    const { world, id } = await diedAfterTheRequest({ ...STATE, featureStates: ["tasks"] });
    expect(await finish(world, id, 30)).toMatchObject({ state: "done" });
    expect([requests(world, "restore"), await settingsOf(world)]).toEqual([1, "77mb"]);
  });

  it("is not repeated either if the cluster did not answer at all", async () => {
    const world = await statesWorld("8.17.0");
    world.target.failNext("restore", new AppError("transient", "connection reset"));
    const id = await start(world, STATE);
    expect(await finish(world, id, 30)).toMatchObject({ state: "failed", reason: { code: "state.unknown" } });
    expect([requests(world, "restore"), await settingsOf(world)]).toEqual([1, "60mb"]);
  });

  it("is repeated after a refusal, and a cancel between says nothing of a state", async () => {
    for (const cancels of [false, true]) {
      const world = await statesWorld("8.17.0");
      world.target.failNext("restore", new AppError("refused", "cluster_block_exception"));
      const id = await start(world, STATE);
      await tick(world);
      if (cancels) await cancelJob(await world.open(), id, OPS);
      const expected = cancels ? { state: "cancelled", reason: { code: "job.cancelled" } } : { state: "done" };
      expect(await finish(world, id)).toMatchObject(expected);
      expect([requests(world, "restore"), await settingsOf(world)]).toEqual(cancels ? [1, "60mb"] : [2, "50mb"]);
    }
  });

  it("was not sent, and is later, if what is asked before it was not answered", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, STATE);
    const { getSnapshot } = world.target;
    let asked = 0;
    world.target.getSnapshot = async (...named) => {
      asked += 1;
      // The first one is the preflight's.
      if (asked === 2) throw new AppError("transient", "connection reset");
      return getSnapshot(...named);
    };
    expect(await finish(world, id)).toMatchObject({ state: "done" });
    expect([requests(world, "restore"), await settingsOf(world)]).toEqual([1, "50mb"]);
  });

  it("which the cluster rejects for good ends with what it said", async () => {
    const world = await statesWorld("8.17.0");
    world.target.failNext("restore", new AppError("invalid", "illegal_argument_exception"));
    expect(await finish(world, await start(world, STATE))).toMatchObject({ state: "failed", reason: { code: "effect.refused" } });
  });
});

describe("a data stream after a cancel", () => {
  const [FIRST, SECOND] = [".ds-logs-app-2026.11.30-000001", ".ds-logs-app-2026.11.30-000002"];
  const begun = async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, { dataStreams: ["logs-app"] });
    await tick(world, 2);
    world.target.finishRestores();
    return { world, id };
  };
  const cancelled = async ({ world, id }: { world: TestWorld; id: string }) => {
    await cancelJob(await world.open(), id, OPS);
    return finish(world, id);
  };
  const others = (world: TestWorld, name: string) => world.target.writeDocuments(name, ["1"]);

  it.each([FIRST, SECOND])("stays if others changed a document of %s, of which there are as many as before", async (name) => {
    const { world, id } = await begun();
    const documents = await world.target.countDocuments(name);
    others(world, name);
    expect(await world.target.countDocuments(name)).toBe(documents);
    const done = await cancelled({ world, id });
    expect(done).toMatchObject({ state: "cancelled", reason: { code: "state.replaced" } });
    expect(done?.reason.params.brought).toEqual(["data stream logs-app, to which others wrote"]);
    expect([requests(world, "deleteStream"), await namesOf(world)]).toEqual([0, [FIRST, SECOND]]);
  });

  it("stays if they did so once its documents were counted", async () => {
    const { world, id } = await begun();
    // Else the restore would end.
    world.target.loseShards(SECOND);
    await tick(world);
    const job = (await (await world.open()).log.read(id)) as { head: { data: { targets: { restored?: unknown }[] } } } | undefined;
    expect(job?.head.data.targets.some(({ restored }) => restored !== undefined)).toBe(true);
    others(world, FIRST);
    expect((await cancelled({ world, id }))?.reason.code).toBe("state.replaced");
    expect(await namesOf(world)).toEqual([FIRST, SECOND]);
  });

  it("goes if nobody wrote to it", async () => {
    const { world, id } = await begun();
    expect(await cancelled({ world, id })).toMatchObject({ state: "cancelled", reason: { code: "job.cancelled" } });
    expect(await namesOf(world)).toEqual([]);
  });

  it.each([
    ["an index is closed", (world: TestWorld) => world.target.closeIndex(SECOND)],
    [
      "the bucket does not say what it held",
      async (world: TestWorld) => {
        const store = (await world.open()).blobs(MOVED);
        for await (const { key } of store.list("indices/")) if (/\/0\/snap-/.test(key)) await store.delete([key]);
      },
    ],
  ])("stays, and the end says that it is not known, if %s", async (_what, change) => {
    const { world, id } = await begun();
    await change(world);
    const done = await cancelled({ world, id });
    expect(done?.reason.params.brought).toEqual(["data stream logs-app, to which others may have written"]);
    expect(await namesOf(world)).toEqual([FIRST, SECOND]);
  });
});

import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { JOB_MARKER_KEY, JOB_MARKER_SETTING } from "../../../shared/model/restoredName.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { onCopiedBlobs } from "../../../shared/tick/onCopiedBlob.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import {
  arrive,
  documents,
  doneKeys,
  freshWorld,
  INDEX1,
  INDEX2,
  LATE_BLOB,
  offer,
  restores,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  served,
  serveFirst,
  settle,
  TIMES,
  tick,
  world,
} from "../../world/moved.ts";
import { DAY_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld();

describe("a snapshot that arrives whole", () => {
  it("is proven, restored beside the old index, counted, and served under its alias", async () => {
    await serveFirst();
    expect(await served()).toMatchObject([{ name: expect.stringMatching(/^fx-orders-20261121010006531-[0-9a-f]{8}$/), replicas: 0 }]);
    expect(await world.target.countDocuments((await served())[0]?.name ?? "")).toBe(documents("snap-1"));
    expect(await doneKeys("arrival")).toEqual([`arrival-moved-${SNAP1.uuid}`]);
    expect(await world.stateKeys("evidence/")).toHaveLength(1);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(world.notices).toEqual([]);
  });

  it("invariant 8: is registered read-only, and restores no allocation or block setting and no alias", async () => {
    await serveFirst();
    expect(await world.target.listRepositories()).toMatchObject([{ name: "moved-movies", settings: { readonly: "true" } }]);
    const [index] = await served();
    expect(index?.settings).toMatchObject({ refresh_interval: "5s", [JOB_MARKER_KEY]: expect.stringMatching(/^restore-/) });
    expect(Object.keys(index?.settings ?? {}).filter((key) => /require|blocks/.test(key))).toEqual([]);
    expect(restores()[0]?.args[0]).toMatchObject({ indexSettings: { [JOB_MARKER_SETTING]: expect.any(String) } });
    expect(world.target.writes.find(({ method }) => method === "putRepository")?.args[1]).toEqual({ verify: false });
  });

  it("invariant 7: changes nothing when every event is delivered again, in any order", async () => {
    await serveFirst();
    const [writes, keys] = [world.target.writes.length, await world.stateKeys()];
    for (const event of [INDEX1, INDEX1, { bucket: "moved", key: "movies/snap-x.dat" }]) await arrive(event);
    await settle();
    expect([world.target.writes.length, await world.stateKeys()]).toEqual([writes, keys]);
  });

  it("is found by a tick when its event was lost", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await settle();
    expect(await served()).toHaveLength(1);
  });

  it("is not restored while paused", async () => {
    await setPaused(await world.open(), true, "ops");
    await serveFirst();
    expect(world.target.writes).toEqual([]);
    await setPaused(await world.open(), false, "ops");
    await settle();
    expect(await served()).toHaveLength(1);
  });

  it("is not served when the document counts differ from the repository's", async () => {
    world.places.at({ location: "/srv/moved" }).push(
      givenSnapshot({
        name: "snap-1",
        uuid: SNAP1.uuid,
        version: "5.5.2",
        startTime: TIMES["snap-1"],
        indices: { "fx-orders": { documents: 1, shards: 2 } },
      }),
    );
    await world.fill(MOVED, STEP1.blobs);
    await arrive(INDEX1);
    await settle();
    expect(await served()).toEqual([]);
    expect(world.notices).toMatchObject([
      {
        key: "restore-failed:moved",
        status: "firing",
        reason: { code: "restore.countsDiffer", params: { expected: documents("snap-1"), found: 1 } },
      },
    ]);
  });
});

describe("an event that names one root many times", () => {
  it("looks at it once", async () => {
    await world.fill(MOVED, STEP1.blobs);
    const reports = await onCopiedBlobs(await world.open(), [...Array(1000).fill(INDEX1), { bucket: "moved", key: "movies/other" }]);
    expect(reports.map((report) => ("watch" in report ? report.watch : report.ignored.code))).toEqual(["moved", "event.noRoot"]);
  });
});

describe("an event that names thousands of roots of one watch", () => {
  it("costs one look, whose arrival is that of the newest root", async () => {
    await world.fill(MOVED, STEP2.blobs);
    const named = Array.from({ length: 10_000 }, (_, at) => ({ bucket: "moved", key: `movies/index-${at + 2}` }));
    const opened = await world.open();
    let lists = 0;
    const blobs: typeof opened.blobs = (place) => {
      const store = opened.blobs(place);
      const list: typeof store.list = (...args) => {
        if (place.bucket === "moved") lists += 1;
        return store.list(...args);
      };
      return Object.assign(Object.create(store), { list });
    };
    const single = await onCopiedBlobs({ ...opened, blobs }, [named[0] as (typeof named)[number]]);
    const [once] = [lists];
    lists = 0;
    const reports = await onCopiedBlobs({ ...opened, blobs }, [...named, { bucket: "elsewhere", key: "index-1" }]);
    expect(lists).toBeLessThanOrEqual(once);
    expect(reports.map((report) => ("watch" in report ? report.watch : report.ignored.code))).toEqual(["moved", "event.foreign"]);
    expect(single).toMatchObject([{ watch: "moved", jobs: [`arrival-moved-${SNAP2.uuid}`] }]);
  });
});

describe("a snapshot with a missing blob", () => {
  it("invariant 4: is not restored until the blob arrives", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    expect(await arrive(INDEX2)).toMatchObject({
      advanced: [{ outcome: "waiting", reason: { code: "arrival.incomplete", params: { first: LATE_BLOB } } }],
    });
    await settle();
    expect(world.target.writes).toEqual([]);
    await world.fill(MOVED, new Map([[LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array]]));
    await settle();
    expect(await served()).toHaveLength(1);
    expect(await world.target.countDocuments((await served())[0]?.name ?? "")).toBe(documents("snap-2"));
  });

  it("writes no record while nothing new has arrived", async () => {
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    const records = await world.stateKeys("live/jobs/");
    for (let look = 0; look < 5; look += 1) await tick();
    expect(await world.stateKeys("live/jobs/")).toEqual(records);
  });

  it("is not listed again until one of its recorded probes is present", async () => {
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    const opened = await world.open();
    const listed: string[] = [];
    const watched = (place: typeof MOVED): ReturnType<typeof opened.blobs> => {
      const store = opened.blobs(place);
      const list: typeof store.list = (prefix, options) => {
        listed.push(prefix);
        return store.list(prefix, options);
      };
      return { ...store, list };
    };
    await advanceJobs({ ...opened, blobs: watched });
    expect(listed).toEqual(["index"]);
  });

  it("waits while its root is truncated, and continues when the rest arrives", async () => {
    offer("snap-2", SNAP2.uuid);
    const root = STEP2.blobs.get("index-1") as Uint8Array;
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    await world.blobs(MOVED).put("index-1", root.subarray(0, 50));
    world.advance(MINUTE_MS);
    const { advanced } = await tick();
    expect(advanced).toMatchObject([{ outcome: "waiting", reason: { code: "arrival.rootUnreadable" } }]);
    await world.fill(MOVED, STEP2.blobs);
    for (let look = 0; look < 3; look += 1) {
      world.advance(15 * MINUTE_MS);
      await tick();
    }
    expect(restores()).toHaveLength(1);
  });

  it("is damaged, not whole, when a counter-named blob of the right size has other bytes", async () => {
    const bytes = Uint8Array.from(STEP2.blobs.get(LATE_BLOB) as Uint8Array);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
    await world.fill(MOVED, STEP2.blobs);
    await world.fill(MOVED, new Map([[LATE_BLOB, bytes]]));
    expect(await arrive(INDEX2)).toMatchObject({ advanced: [{ reason: { code: "arrival.notWhole" } }] });
    await settle();
    expect(world.target.writes).toEqual([]);
  });

  it("is reported when it does not become whole within the watch's patience", async () => {
    await serveFirst();
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    world.advance(DAY_MS + MINUTE_MS);
    await tick();
    await tick();
    expect(world.notices).toMatchObject([
      { key: "arrival-failed:moved", status: "firing", reason: { code: "job.patience", params: { because: "arrival.incomplete" } } },
    ]);
  });
});

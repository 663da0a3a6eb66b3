import { beforeEach, describe, expect, it } from "vitest";
import type { World } from "../../../shared/jobs/world.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { pinSnapshot } from "../../../shared/verbs/pins/apply.ts";
import { applyDeletion, type DeletionRequest, dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { say } from "../../../shared/words/say.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { DAY_MS, HOUR_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

describe.each(["5.5.3", "7.10.2"])("deleting one snapshot, on %s", (sourceVersion) => {
  let world: TestWorld;
  const listed = () => world.source.listSnapshots("backups");
  const names = async () => (await listed()).map(({ name }) => name);
  const of = (snapshot: string, more: Partial<DeletionRequest> = {}): DeletionRequest => ({ repository: "backups", snapshot, ...more });
  const dry = async (snapshot: string, more: Partial<DeletionRequest> = {}) => dryDeletion(await world.open(), of(snapshot, more));
  const nth = async (index: number) => (await listed()).at(index) as Awaited<ReturnType<typeof listed>>[number];
  const apply = async (request: DeletionRequest, hash: string) => applyDeletion(await world.open(), request, hash, OPS);

  const night = async () => {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await advanceJobs(await world.open());
    world.advance(DAY_MS);
  };

  beforeEach(async () => {
    const config = testConfig((made) => {
      made.watches = {};
    });
    world = await testWorld({ sourceVersion, targetVersion: "7.10.2", config });
    world.source.putIndex("movies");
    for (let count = 0; count < 4; count += 1) {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
      world.advance(DAY_MS);
    }
  });

  it("is a dry run that names what is kept, until its hash is applied; then exactly that one goes, once", async () => {
    const { name } = await nth(1);
    const all = await names();
    const plan = await dry(name);
    expect(plan).toMatchObject({ refusal: undefined, remove: [{ name, reasons: [{ code: "delete.asked" }], keptInstead: all[3] }] });
    expect(await names()).toEqual(all);
    const created = await apply(of(name), plan.hash);
    await advanceJobs(await world.open());
    expect(await names()).toEqual(all.filter((one) => one !== name));
    const again = await apply(of(name), plan.hash);
    expect([created.outcome, again.outcome]).toEqual(["created", "done"]);
    expect(world.source.writes.filter(({ method }) => method === "deleteSnapshots")).toHaveLength(1);
    expect(await (await world.open()).log.done(again.outcome === "done" ? again.done.id : "")).toMatchObject({
      state: "done",
      result: { removed: [name] },
    });
  });

  it("is refused by a hash that was carried out more than an hour ago", async () => {
    const { name } = await nth(1);
    const { hash } = await dry(name);
    await apply(of(name), hash);
    await advanceJobs(await world.open());
    world.advance(HOUR_MS);
    expect(await apply(of(name), hash)).toMatchObject({ outcome: "done" });
    world.advance(60_000);
    await expect(apply(of(name), hash)).rejects.toMatchObject({ code: "conflict", reason: { code: "plan.carriedOut" } });
  });

  it("refuses the newest good one, and the hash of yesterday", async () => {
    const newest = await nth(-1);
    const plan = await dry(newest.name);
    expect(plan.refusal?.code).toBe("keep.newest");
    await expect(apply(of(newest.name), plan.hash)).rejects.toMatchObject({ code: "conflict", reason: { code: "keep.newest" } });
    await expect(apply(of((await nth(0)).name), "00000000")).rejects.toMatchObject({ reason: { code: "plan.stale" } });
    expect(await names()).toHaveLength(4);
  });

  it("refuses one that is pinned, mounted or running, and one below the floor of its policy", async () => {
    const [pinned, mounted] = [await nth(0), await nth(1)];
    await pinSnapshot(await world.open(), { repository: "backups", snapshot: pinned.name, because: "audit" }, "ops");
    expect((await dry(pinned.name)).refusal?.code).toBe("keep.pinned");
    world.target.putIndex("mounted", { settings: { "store.snapshot.snapshot_uuid": mounted.uuid ?? "" } });
    expect((await dry(mounted.name)).refusal?.code).toBe("keep.mounted");
    await world.source.createSnapshot("backups", "mine", { indices: ["movies"], metadata: {} });
    expect((await dry("mine")).refusal?.code).toBe("keep.running");
    Object.assign(world.config.backups.nightly?.keep ?? {}, { atLeast: 4 });
    expect((await dry((await nth(2)).name)).refusal?.code).toBe("keep.atLeast");
    expect(world.source.writes.filter(({ method }) => method === "deleteSnapshots")).toEqual([]);
  });

  it("refuses a failed one without a good one since, and names the way out; once there is one, it may go", async () => {
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    const night = async () => {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
    };
    await night();
    const { name, state } = await nth(-1);
    const plan = await dry(name);
    expect([state, plan.refusal?.code, plan.notes.map(({ code }) => code)]).toEqual(["PARTIAL", "keep.notReplaced", ["delete.helpNewest"]]);
    world.advance(DAY_MS);
    await night();
    // The second attempt of the first night comes too.
    for (let look = 0; look < 3; look += 1) {
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
    }
    expect((await dry(name)).refusal).toBeUndefined();
  });

  it("refuses the last one with an index that left the cluster, names the way out, and says what falls where nothing protects it", async () => {
    world.source.putIndex("movies-only");
    const night = async () => {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
      world.advance(DAY_MS);
    };
    await night();
    const { name } = await nth(-1);
    await world.source.deleteIndex("movies-only");
    for (let count = 0; count < 2; count += 1) await night();
    const plan = await dry(name);
    expect(plan.refusal).toMatchObject({ code: "keep.lastOfIndex", params: { indices: ["movies-only"] } });
    expect(plan.notes.map(({ code }) => code)).toEqual(["delete.helpLastOfIndex"]);
    await expect(apply(of(name), plan.hash)).rejects.toMatchObject({ reason: { code: "keep.lastOfIndex" } });
    expect((await dry((await nth(1)).name)).refusal).toBeUndefined();
    Object.assign(world.config.backups.nightly?.keep ?? {}, { lastOfIndex: "never" });
    const allowed = await dry(name);
    expect(allowed.refusal).toBeUndefined();
    expect(allowed.remove[0]?.reasons.map(({ code }) => code)).toEqual(["delete.asked", "remove.lastOfIndex"]);
  });

  it("refuses the newest one of the policy's timer although another tool's and a person's are newer and adopted", async () => {
    const { name } = await nth(-1);
    Object.assign(world.config.backups.nightly ?? {}, { adopt: { pattern: "curator-*" } });
    await world.source.createSnapshot("backups", "curator-1", { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    const plan = await dry(name);
    expect([plan.refusal?.code, plan.notes[0]?.code]).toEqual(["keep.newest", "delete.helpNewest"]);
    // The floor counts as a prune does.
    Object.assign(world.config.backups.nightly?.keep ?? {}, { atLeast: 5 });
    expect((await dry((await nth(1)).name)).refusal?.code).toBe("keep.atLeast");
  });

  it("counts those taken by hand not towards the floor of the others", async () => {
    await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
    await advanceJobs(await world.open());
    world.source.finishSnapshots();
    await advanceJobs(await world.open());
    expect(await names()).toHaveLength(5);
    Object.assign(world.config.backups.nightly?.keep ?? {}, { atLeast: 4 });
    expect((await dry((await nth(1)).name)).refusal?.code).toBe("keep.atLeast");
  });

  it("deletes another writer's only by name and uuid", async () => {
    await world.source.createSnapshot("backups", "mine", { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    world.advance(DAY_MS);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await advanceJobs(await world.open());
    const uuid = (await listed()).find(({ name }) => name === "mine")?.uuid ?? "";
    expect((await dry("mine")).refusal).toMatchObject({ code: "delete.foreign", params: { uuid } });
    await expect(dry("mine", { uuid: "other" })).rejects.toMatchObject({ code: "invalid" });
    const plan = await dry("mine", { uuid });
    expect(plan.remove[0]?.reasons[0]?.code).toBe("delete.askedForeign");
    await apply(of("mine", { uuid }), plan.hash);
    await advanceJobs(await world.open());
    expect(await names()).not.toContain("mine");
  });

  it("deletes what another tool took and a policy adopts only by name and uuid", async () => {
    Object.assign(world.config.backups.nightly ?? {}, { adopt: { pattern: "curator-*" } });
    await world.source.createSnapshot("backups", "curator-1", { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    world.advance(DAY_MS);
    for (let count = 0; count < 2; count += 1) await night();
    const uuid = (await listed()).find(({ name }) => name === "curator-1")?.uuid ?? "";
    expect((await dry("curator-1")).refusal).toMatchObject({ code: "delete.foreign", params: { uuid } });
    const { refusal, remove } = await dry("curator-1", { uuid });
    expect([refusal, remove[0]?.reasons[0]?.code]).toEqual([undefined, "delete.askedForeign"]);
  });

  it("refuses the newest good one and no other, although the slot in a name lies in the future, and deletes that one", async () => {
    const future = (await nth(-1)).name.replace(/\d{8}t/, "20291120t");
    await world.source.createSnapshot("backups", future, { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    const uuid = (await listed()).find(({ name }) => name === future)?.uuid ?? "";
    for (let count = 0; count < 2; count += 1) await night();
    const newest = await nth(-1);
    expect((await dry(newest.name)).refusal?.code).toBe("keep.newest");
    const { refusal, remove } = await dry(future, { uuid });
    expect([refusal, remove.map(({ name, keptInstead }) => [name, keptInstead])]).toEqual([undefined, [[future, newest.name]]]);
  });

  it("has no newest good one among snapshots that all lie in the future, and deletes none", async () => {
    world.advance(-40 * DAY_MS);
    expect((await dry((await nth(0)).name)).refusal?.code).toBe("prune.keepsNothingGood");
  });

  it("spares one that was pinned while the job waited", async () => {
    const { name } = await nth(1);
    const { hash } = await dry(name);
    await setPaused(await world.open(), true, "ops");
    await apply(of(name), hash);
    await advanceJobs(await world.open());
    await pinSnapshot(await world.open(), { repository: "backups", snapshot: name, because: "audit" }, "ops");
    await setPaused(await world.open(), false, "ops");
    await advanceJobs(await world.open());
    expect(await names()).toContain(name);
    expect(await (await world.open()).log.done(`prune-delete-backups-${hash}`)).toMatchObject({
      state: "refused",
      reason: { code: "prune.protectedSince" },
    });
  });

  it("refuses an unknown one, and a repository that ossnap only reads", async () => {
    await expect(dry("nothing")).rejects.toMatchObject({ code: "absent" });
    Object.assign(world.config.repositories.backups?.register?.settings ?? {}, { readonly: true });
    expect((await dry((await nth(0)).name)).refusal?.code).toBe("delete.readonly");
  });
});

describe("deleting what is broken", () => {
  const PLACE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
  const { blobs } = fixtureRepository("es-7.10.2/repo");
  let world: TestWorld;
  let listed: { name: string; uuid: string }[];
  const dry = async () => dryDeletion(await world.open(), { repository: "backups", broken: true });
  const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);

  beforeEach(async () => {
    const config = testConfig((made) => {
      made.watches = {};
    });
    world = await testWorld({ sourceVersion: "7.10.2", targetVersion: "7.10.2", config });
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    await world.fill(PLACE, blobs);
    const { root } = await openRepository(world.blobs(PLACE));
    listed = (root?.snapshots ?? []).filter(({ state }) => state === "SUCCESS").map(({ name, uuid }) => ({ name, uuid }));
    const base = {
      version: "7.10.2",
      indices: ["movies"],
      shards: { total: 1, failed: 0, successful: 1 },
      failures: [],
      metadata: undefined,
    };
    listed.forEach(({ name, uuid }, at) => {
      const time = new Date(world.now().getTime() - (10 - at) * DAY_MS);
      const snapshot = { name, uuid, state: "SUCCESS" as const, startTime: time, endTime: time, ...base };
      world.places.at({ location: "/srv/backups" }).push({ ...snapshot, held: new Map() });
    });
  });

  /** The file list of one shard, which no other snapshot needs. */
  const breaks = async ({ uuid }: { uuid: string }) =>
    world.blobs(PLACE).delete([[...blobs.keys()].find((key) => key.startsWith("indices/") && key.endsWith(`snap-${uuid}.dat`)) ?? ""]);

  it("proposes nothing while nothing is, and there is nothing to apply", async () => {
    expect(await dry()).toMatchObject({ refusal: undefined, remove: [], notes: [{ code: "delete.noneBroken" }] });
    const { hash } = await dry();
    const request = { repository: "backups", broken: true };
    await expect(world.open().then((opened) => applyDeletion(opened, request, hash, OPS))).rejects.toMatchObject({
      reason: { code: "delete.nothingBroken" },
    });
  });

  it("proposes the broken ones, keeps the whole ones, and deletes exactly those", async () => {
    const first = listed[0] as (typeof listed)[number];
    await breaks(first);
    const plan = await dry();
    expect(plan).toMatchObject({
      refusal: undefined,
      remove: [{ name: first.name, reasons: [{ code: "delete.broken", params: { verdict: "incomplete" } }] }],
    });
    expect(plan.notes.map(({ code }) => code)).not.toContain("proposal.deleteAtWriter");
    expect(plan.notes.map(say).join()).not.toContain("ossnap delete");
    await applyDeletion(await world.open(), { repository: "backups", broken: true }, plan.hash, OPS);
    await advanceJobs(await world.open());
    expect(await names()).toEqual(listed.slice(1).map(({ name }) => name));
  });

  /** As a directory store reports links: their key only, and never what lies behind them. */
  const withLinks = async (): Promise<World> => {
    const opened = await world.open();
    const linked = (store: BlobStore): BlobStore => ({
      ...store,
      list(prefix, options) {
        if ("indices/elsewhere".startsWith(prefix)) options?.onLink?.("indices/elsewhere");
        return store.list(prefix, options);
      },
    });
    return { ...opened, blobs: (place) => linked(opened.blobs(place)) };
  };

  it("refuses while there are links, because what is missing may lie behind one", async () => {
    const request = { repository: "backups", broken: true };
    expect((await dryDeletion(await withLinks(), request)).notes).toMatchObject([{ code: "delete.noneBroken" }]);
    await breaks(listed[0] as (typeof listed)[number]);
    const plan = await dryDeletion(await withLinks(), request);
    expect(plan).toMatchObject({ remove: [], refusal: { code: "place.links", params: { count: 1, first: "indices/elsewhere" } } });
    const { hash } = await dry();
    for (const [known, code] of [
      [plan.hash, "place.links"],
      [hash, "plan.stale"],
    ] as const)
      await expect(applyDeletion(await withLinks(), request, known, OPS)).rejects.toMatchObject({ reason: { code } });
    expect(await names()).toHaveLength(listed.length);
  });

  it("deletes nothing if there are links once the job looks", async () => {
    await breaks(listed[0] as (typeof listed)[number]);
    const { hash } = await dry();
    await setPaused(await world.open(), true, "ops");
    const asked = await applyDeletion(await world.open(), { repository: "backups", broken: true }, hash, OPS);
    expect(asked.outcome).toBe("created");
    await setPaused(await world.open(), false, "ops");
    await advanceJobs(await withLinks());
    expect(await (await world.open()).log.done(`prune-delete-backups-${hash}`)).toMatchObject({ state: "refused" });
    expect(await names()).toHaveLength(listed.length);
  });

  it("spares one that was repaired while the job waited", async () => {
    const first = listed[0] as (typeof listed)[number];
    await breaks(first);
    const { hash } = await dry();
    await setPaused(await world.open(), true, "ops");
    await applyDeletion(await world.open(), { repository: "backups", broken: true }, hash, OPS);
    await advanceJobs(await world.open());
    await world.fill(PLACE, blobs);
    await setPaused(await world.open(), false, "ops");
    await advanceJobs(await world.open());
    expect(await names()).toContain(first.name);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { snapshotsText } from "../../../infra/cli/verbs/snapshots.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { listSnapshots } from "../../../shared/verbs/snapshots/show.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const PLACE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
/** Oldest first; the fixtures' blobs say which of them share what. */
const ORDER = ["snap-3", "snap-1", "snap-2"];

describe.each(["2.4.6", "6.7.0", "7.10.2"])("a blob that two proven snapshots share and a later proof found damaged, on %s", (version) => {
  const { blobs } = fixtureRepository(`es-${version}/repo`);
  let world: TestWorld;
  let key: string;

  const codes = async () => {
    const plan = await dryPrune(await world.open(), "nightly");
    return {
      plan,
      kept: new Map(plan.keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)])),
      removed: plan.remove.map(({ name }) => name),
    };
  };
  const suspect = async (isSuspect: boolean) => {
    const ledger = partLedger(world.state, PLACE);
    ledger.setSuspect(key, isSuspect);
    await ledger.save();
  };
  const prove = (name: string) => proveSnapshot(world.blobs(PLACE), { name, level: "contents" });

  beforeEach(async () => {
    const config = testConfig((made) => {
      made.watches = {};
      Object.assign(made.backups.nightly ?? {}, { adopt: { pattern: "snap-*" }, keep: { last: 2, lastOfIndex: "never", atLeast: 1 } });
    });
    world = await testWorld({ sourceVersion: version, targetVersion: "7.10.2", config });
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    await world.fill(PLACE, blobs);
    const { root } = await openRepository(world.blobs(PLACE));
    const base = { version, shards: { total: 1, failed: 0, successful: 1 }, failures: [], metadata: undefined };
    for (const [at, name] of ORDER.entries()) {
      const time = new Date(world.now().getTime() - (10 - at) * DAY_MS);
      const proof = await prove(name);
      await storeEvidence(await world.open(), PLACE, proof, world.now());
      const indices = proof.closure?.indices.map((index) => index.name) ?? [];
      const uuid = version === "2.4.6" ? undefined : root?.snapshots.find((one) => one.name === name)?.uuid;
      const snapshot = { ...base, name, uuid, state: "SUCCESS" as const, startTime: time, endTime: time, indices };
      world.places.at({ location: "/srv/backups" }).push({ ...snapshot, held: new Map() });
    }
    key = await sharedByNewest();
  });

  /** Damages one data blob after another, and returns the first that the two newer ones need and the oldest does not; it stays damaged. */
  async function sharedByNewest(): Promise<string> {
    const store = world.blobs(PLACE);
    for (const [one, bytes] of [...blobs].filter(([name, { length }]) => /\/__[^/]+$/.test(name) && length > 200)) {
      const wrong = new Uint8Array(bytes);
      wrong[60] = (wrong[60] as number) ^ 1;
      await store.put(one, wrong);
      const verdicts = await Promise.all(ORDER.map(async (name) => (await prove(name)).verdict));
      if (verdicts.join() === "whole,damaged,damaged") return one;
      await store.put(one, bytes);
    }
    throw new Error("the fixture has no such blob");
  }

  it("counts against both: the whole one is the newest good one, and is kept", async () => {
    expect((await codes()).removed).toEqual(["snap-3"]);
    await suspect(true);
    const { plan, kept, removed } = await codes();
    expect(removed).toEqual([]);
    expect(plan.newestGood?.name).toBe("snap-3");
    expect(kept.get("snap-3")).toContain("keep.newest");
    for (const name of ["snap-1", "snap-2"]) expect(kept.get(name)).toEqual(["keep.notReplaced", "keep.brokenBlob"]);
    const said = plan.keep.flatMap(({ reasons }) => reasons).find(({ code }) => code === "keep.brokenBlob");
    expect(said?.params.blob).toBe(key);
    expect((await dryDeletion(await world.open(), { repository: "backups", snapshot: "snap-3" })).refusal?.code).toBe("keep.newest");
  });

  it("is named beside each of them in the list of snapshots, whatever their own evidence says", async () => {
    await suspect(true);
    const rows = await listSnapshots(await world.open(), { repository: "backups" });
    expect(new Map(rows.map(({ name, sharedDamage }) => [name, sharedDamage]))).toEqual(
      new Map([
        ["snap-1", key],
        ["snap-2", key],
        ["snap-3", undefined],
      ]),
    );
    const lines = snapshotsText(rows, { colour: false, unicode: true, now: world.now(), program: "ossnap" });
    expect(lines.split("damaged, shared blob")).toHaveLength(3);
  });

  it("names the other snapshot whose proof found the blob", async () => {
    await suspect(true);
    await storeEvidence(await world.open(), PLACE, await prove("snap-1"), world.now());
    const rows = await listSnapshots(await world.open(), { repository: "backups" });
    expect(rows.map(({ name, sharedDamageFoundBy }) => [name, sharedDamageFoundBy]).sort()).toEqual([
      ["snap-1", undefined],
      ["snap-2", "snap-1"],
      ["snap-3", undefined],
    ]);
    const lines = snapshotsText(rows, { colour: false, unicode: true, now: world.now(), program: "ossnap" }).replace(/\s+/g, " ");
    expect(lines).toContain("which the proof of snap-1 found damaged");
    expect(lines).toContain("which a proof found damaged");
  });

  it("counts no more once a later proof found it right", async () => {
    await suspect(true);
    await suspect(false);
    expect((await codes()).removed).toEqual(["snap-3"]);
  });

  it("is read again for `delete --broken`, which proposes both and names the whole one", async () => {
    const broken = async () => dryDeletion(await world.open(), { repository: "backups", broken: true });
    await suspect(true);
    const plan = await broken();
    expect(plan.remove.map(({ name }) => name).sort()).toEqual(["snap-1", "snap-2"]);
    expect(plan).toMatchObject({ refusal: undefined, newestGood: { name: "snap-3" } });
    await world.blobs(PLACE).put(key, blobs.get(key) as Uint8Array);
    expect((await broken()).remove).toEqual([]);
  });

  it("leaves unproven, and keeps, whoever may refer to it where the list of a shard's files cannot be read, and says so", async () => {
    await suspect(true);
    const shard = key.slice(0, key.lastIndexOf("/") + 1);
    const lists = [...blobs.keys()].filter((one) => one.startsWith(`${shard}index-`));
    await world.blobs(PLACE).delete(lists);
    const { plan, kept, removed } = await codes();
    expect(removed).toEqual([]);
    expect(kept.get("snap-2")).toEqual(expect.arrayContaining(["keep.newest", "keep.unproven"]));
    expect(plan.keep.flatMap(({ reasons }) => reasons).find(({ code }) => code === "keep.unproven")?.params).toEqual({ shard });
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { snapshotsText } from "../../../infra/cli/verbs/snapshots.ts";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { metadataKeyOf } from "../../../shared/proof/closure.ts";
import { markOf } from "../../../shared/proof/marks.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { noteWide } from "../../../shared/reader/prove/storedDamage.ts";
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
    ledger.setMark("suspects", markOf(key), isSuspect);
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

  const damaged = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === bytes.length + at ? byte ^ 1 : byte));
  it.each<[string, ProofLevel, (right: Uint8Array) => Uint8Array | undefined]>([
    ["missing", "names", () => undefined],
    ["shorter than it was", "metadata", (right) => right.slice(0, -1)],
    ["damaged in its footer", "footers", (right) => damaged(right, -1)],
    ["damaged inside", "contents", (right) => damaged(right, -60)],
  ])("counts against both when the proof of the newest finds it %s, until it is right again", async (_, level, wrong) => {
    const store = world.blobs(PLACE);
    await store.put(key, blobs.get(key) as Uint8Array);
    // The footer of a file in parts is in the last one.
    const parts = [...blobs.keys()].filter((one) => key.includes(".part") && one.startsWith(key.replace(/\d+$/, "")));
    const blob = parts.sort((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1) ?? key;
    const right = blobs.get(blob) as Uint8Array;
    const verify = async (at: ProofLevel) => {
      world.advance(1000);
      const since = world.now();
      const proof = await proveSnapshot(store, { name: "snap-2", level: at, ledger: partLedger(world.state, PLACE) });
      world.advance(1000);
      await storeEvidence(await world.open(), PLACE, proof, since);
    };
    const bytes = wrong(right);
    if (bytes) await store.put(blob, bytes);
    else await store.delete([blob]);
    await verify(level);
    const { plan, kept, removed } = await codes();
    expect(removed).toEqual([]);
    expect(plan.newestGood?.name).toBe("snap-3");
    expect(kept.get("snap-1")).toEqual(["keep.notReplaced", "keep.brokenBlob"]);
    // A lower level ends it too: the blob is marked, so that every proof looks at it.
    await store.put(blob, right);
    await verify("names");
    expect((await codes()).removed).toEqual(["snap-3"]);
  });

  it("counts against both too when it is the metadata of an index, which snapshots share from 7.9 on", async () => {
    const store = world.blobs(PLACE);
    await store.put(key, blobs.get(key) as Uint8Array);
    const { root } = await openRepository(store);
    const [index] = (root?.indices ?? []).filter(({ id }) => key.includes(id));
    const [uuid1, uuid2] = ["snap-1", "snap-2"].map((name) => root?.snapshots.find((one) => one.name === name)?.uuid ?? "");
    const metadata = root && metadataKeyOf(root, uuid2 ?? "", index?.id ?? "");
    const isShared = root !== undefined && metadata === metadataKeyOf(root, uuid1 ?? "", index?.id ?? "");
    if (version !== "7.10.2") return expect(isShared && version !== "2.4.6").toBe(false);
    expect(isShared).toBe(true);
    await store.delete([metadata ?? ""]);
    const verify = async () => {
      const since = world.now();
      const proof = await proveSnapshot(store, { name: "snap-2", level: "names", ledger: partLedger(world.state, PLACE) });
      await storeEvidence(await world.open(), PLACE, proof, since);
      return proof.verdict;
    };
    expect(await verify()).toBe("incomplete");
    expect((await codes()).kept.get("snap-1")).toContain("keep.brokenBlob");
    await store.put(metadata ?? "", blobs.get(metadata ?? "") as Uint8Array);
    world.advance(1000);
    expect(await verify()).toBe("whole");
    expect((await codes()).kept.get("snap-1")).not.toContain("keep.brokenBlob");
  });

  const verifyAs = async (name: string, level: ProofLevel) => {
    world.advance(1000);
    const since = world.now();
    const proof = await proveSnapshot(world.blobs(PLACE), { name, level, ledger: partLedger(world.state, PLACE) });
    world.advance(1000);
    await storeEvidence(await world.open(), PLACE, proof, since);
    return proof.verdict;
  };

  it("counts against nobody any more when the proof of one of them finds it right, whatever was stored of the others", async () => {
    const store = world.blobs(PLACE);
    await store.delete([key]);
    expect([await verifyAs("snap-1", "footers"), await verifyAs("snap-2", "footers")]).toEqual(["incomplete", "incomplete"]);
    await store.put(key, blobs.get(key) as Uint8Array);
    expect(await verifyAs("snap-2", "names")).toBe("whole");
    const { kept, removed } = await codes();
    expect(removed).toEqual(["snap-3"]);
    expect(kept.get("snap-1")).not.toContain("keep.broken");
  });

  it("is not proposed by `delete --broken` when it was put back, whatever level found it, and a dry run notes nothing", async () => {
    const store = world.blobs(PLACE);
    expect(await verifyAs("snap-2", "contents")).toBe("damaged");
    await store.put(key, blobs.get(key) as Uint8Array);
    const before = await world.stateKeys();
    const plan = await dryDeletion(await world.open(), { repository: "backups", broken: true });
    expect(plan.remove).toEqual([]);
    expect(await world.stateKeys()).toEqual(before);
  });

  it("leaves unproven whoever shares an index with damage that has too many blobs to be named, also when its snapshot is gone", async () => {
    world.advance(1000);
    const opened = await world.open();
    const { root } = await openRepository(world.blobs(PLACE));
    const names = root?.indices.map(({ name }) => name) ?? [];
    const fault = {
      uuid: "gone",
      verdict: "incomplete" as const,
      level: "footers" as const,
      at: world.now().toISOString(),
      indices: names,
    };
    await noteWide(opened.state, PLACE, fault);
    world.advance(1000);
    const { kept, removed } = await codes();
    expect(removed).toEqual([]);
    expect(kept.get("snap-1")).toContain("keep.unproven");
    await world.blobs(PLACE).put(key, blobs.get(key) as Uint8Array);
    await verifyAs("snap-1", "footers");
    expect((await codes()).kept.get("snap-1")).not.toContain("keep.unproven");
  });

  it("leaves unproven whoever shares an index with a snapshot whose damage has no names, until it is proven itself", async () => {
    const store = world.blobs(PLACE);
    await store.delete([key]);
    const verify = async (name: string) => {
      world.advance(1000);
      const since = world.now();
      await storeEvidence(await world.open(), PLACE, await proveSnapshot(store, { name, level: "footers" }), since);
      world.advance(1000);
    };
    await verify("snap-2");
    const { kept, removed } = await codes();
    expect(removed).toEqual([]);
    expect(kept.get("snap-1")).toEqual(expect.arrayContaining(["keep.unproven"]));
    await store.put(key, blobs.get(key) as Uint8Array);
    await verify("snap-1");
    expect((await codes()).kept.get("snap-1")).not.toContain("keep.unproven");
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
    expect(plan.keep.flatMap(({ reasons }) => reasons).find(({ code }) => code === "keep.unproven")?.params).toEqual({
      shard,
      because: "doubt.shard",
    });
  });
});

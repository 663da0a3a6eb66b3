import { beforeEach, describe, expect, it } from "vitest";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { noteWide } from "../../../shared/reader/prove/storedDamage.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { askVerification } from "../../../shared/verbs/verification/ask.ts";
import { say } from "../../../shared/words/say.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { tick } from "../../world/nightly.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const PLACE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
/** Oldest first. */
const ORDER = ["snap-3", "snap-1", "snap-2"];
const { blobs } = fixtureRepository("es-7.10.2/repo");

let world: TestWorld;
let uuids: Map<string, string>;

beforeEach(async () => {
  const config = testConfig((made) => {
    made.watches = {};
    Object.assign(made.backups.nightly ?? {}, { adopt: { pattern: "snap-*" }, keep: { last: 2, lastOfIndex: "never", atLeast: 1 } });
  });
  world = await testWorld({ sourceVersion: "7.10.2", targetVersion: "7.10.2", config });
  await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
  await world.fill(PLACE, blobs);
  const { root } = await openRepository(world.blobs(PLACE));
  uuids = new Map(root?.snapshots.map(({ name, uuid }) => [name, uuid]));
  const base = { version: "7.10.2", shards: { total: 1, failed: 0, successful: 1 }, failures: [], metadata: undefined };
  for (const [at, name] of ORDER.entries()) {
    const time = new Date(world.now().getTime() - (10 - at) * DAY_MS);
    const proof = await proveSnapshot(world.blobs(PLACE), { name, level: "contents" });
    await storeEvidence(await world.open(), PLACE, proof, world.now());
    const indices = proof.closure?.indices.map((index) => index.name) ?? [];
    const snapshot = { ...base, name, uuid: uuids.get(name), state: "SUCCESS" as const, startTime: time, endTime: time, indices };
    world.places.at({ location: "/srv/backups" }).push({ ...snapshot, held: new Map() });
  }
  world.advance(60_000);
});

async function verify(snapshot: string, level: ProofLevel): Promise<void> {
  const order = { key: `${snapshot}-${level}` };
  await askVerification(await world.open(), { repository: "backups", snapshot, level }, { by: "person", who: "li" }, order);
  await tick(world);
  world.advance(60_000);
}

const prune = async () => dryPrune(await world.open(), "nightly");
const broken = async () => dryDeletion(await world.open(), { repository: "backups", broken: true });
const deletion = async (snapshot: string) =>
  dryDeletion(await world.open(), { repository: "backups", snapshot, uuid: uuids.get(snapshot) });
const keptBecause = async (name: string) => (await prune()).keep.find((one) => one.name === name)?.reasons ?? [];

describe("a verdict that cannot be read of a snapshot that is broken since", () => {
  it.each([
    ["its own blob", () => `snap-${uuids.get("snap-1")}.dat`],
    [
      "the list of a shard's files",
      () => [...blobs.keys()].find((key) => key.startsWith("indices/") && key.includes(`/snap-${uuids.get("snap-1")}`)) ?? "",
    ],
  ])("stops nothing any more after the verification that the error advises: without %s", async (_, lost) => {
    const uuid = uuids.get("snap-1") ?? "";
    for (const key of await world.stateKeys(`evidence/${uuid}`)) await world.state.put(key, Buffer.from("{"));
    await world.blobs(PLACE).delete([lost()]);
    await expect(prune()).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord", params: { uuid } } });
    await verify(uuid, "contents");
    expect((await keptBecause("snap-1")).map(({ code }) => code)).toContain("keep.broken");
    expect((await broken()).remove.map(({ name }) => name)).toEqual(["snap-1"]);
    expect((await deletion("snap-1")).refusal).toBeUndefined();
    expect((await deletion("snap-3")).refusal).toBeUndefined();
  });
});

describe("damage of too many blobs to be named, found in a snapshot that is gone", () => {
  const noted = async (cut: boolean) => {
    const { state } = await world.open();
    await noteWide(state, PLACE, {
      uuid: "gone",
      verdict: "damaged",
      level: "contents",
      at: world.now().toISOString(),
      indices: ["fx-logs"],
    });
    const [key = ""] = await world.stateKeys("parts/");
    if (cut) await world.state.put(key, Buffer.from('{"uuid":"go'));
    world.advance(60_000);
    return key;
  };
  const wide = () => world.stateKeys("parts/");

  it("leaves unproven, and kept, what may share it, says what ends it, and ends with that", async () => {
    await noted(false);
    const [why] = await keptBecause("snap-2");
    expect(why?.code).toBe("keep.unproven");
    expect(why && say(why)).toMatch(/uuid gone .*verify all snapshots of the repository at level contents/);
    await verify("all", "footers");
    expect((await prune()).remove).toEqual([]);
    await verify("all", "contents");
    expect(await wide()).toEqual([]);
    for (const key of await world.stateKeys(`evidence/${uuids.get("snap-2")}`)) await world.state.delete([key]);
    world.advance(30 * DAY_MS);
    expect((await keptBecause("snap-2")).map(({ code }) => code)).toEqual(["keep.newest", "keep.last"]);
  });

  it("stops nothing when its record cannot be read: that says so, and protects", async () => {
    const key = await noted(true);
    for (const name of ORDER) {
      const why = (await keptBecause(name)).find(({ code }) => code === "keep.unproven");
      expect(why?.params).toMatchObject({ because: "doubt.unread", uuid: "gone", object: key });
    }
    expect((await deletion("snap-3")).refusal?.code).toBe("keep.unproven");
    expect((await broken()).notes.map(({ code }) => code)).toEqual(["delete.noneBroken"]);
    const { advanced } = await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    expect(advanced).not.toMatchObject({ state: "failed" });
  });

  it("protects no snapshot that is not good by itself, which has to go before the damage is over", async () => {
    await noted(true);
    for (const one of world.places.at({ location: "/srv/backups" })) if (one.name === "snap-3") Object.assign(one, { state: "PARTIAL" });
    expect((await deletion("snap-3")).refusal).toBeUndefined();
  });
});

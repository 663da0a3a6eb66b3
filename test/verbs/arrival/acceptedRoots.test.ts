import { describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import {
  arrive,
  doneKeys,
  freshWorld,
  INDEX2,
  LATE_BLOB,
  offer,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  served,
  serveFirst,
  settle,
  tick,
  world,
} from "../../world/moved.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld();

const OPS = { by: "person" as const, who: "ops" };
const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const DIGITS = { [SNAP1.uuid]: "20261121010006531", [SNAP2.uuid]: "20261121010006719" };

/** The fixture's root that lists only these snapshots. */
function rootOf(...uuids: string[]): Buffer {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") ?? []).toString());
  return Buffer.from(JSON.stringify({ ...root, snapshots: root.snapshots.filter(({ uuid }: { uuid: string }) => uuids.includes(uuid)) }));
}

const notices = () => world.notices.map(({ key, status }) => [key, status]);
const servedDigits = async () => (await served()).map(({ name }) => /-(\d{17})-/.exec(name)?.[1]);

async function byHand(snapshot: "snap-1" | "snap-2", older: boolean): Promise<void> {
  const request = { snapshot, repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", replicas: 0, older };
  expect(await startRestore(await world.open(), request, OPS, { key: "by-hand" })).toMatchObject({ created: { outcome: "created" } });
  await settle();
  await settle();
}

async function copy(): Promise<void> {
  await askCopy(await world.open(), "move", OPS);
  for (let round = 0; round < 8; round += 1) {
    await tick();
    await world.runTasks();
    world.target.finishRestores();
    world.advance(MINUTE_MS);
  }
}

describe("a root that our own copy published", () => {
  it("is not ambiguous although the source lost everything that was served", async () => {
    world.config.repositories.aws = { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE };
    world.config.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
    offer("snap-1", SNAP1.uuid);
    await world.fill(SOURCE, STEP1.blobs);
    await copy();
    expect(await servedDigits()).toEqual([DIGITS[SNAP1.uuid]]);
    offer("snap-2", SNAP2.uuid);
    await world.fill(SOURCE, STEP2.blobs);
    await world.blobs(SOURCE).put("index-1", rootOf(SNAP2.uuid));
    await copy();
    expect(world.notices).toEqual([]);
    expect(await servedDigits()).toEqual([DIGITS[SNAP2.uuid]]);
  });
});

describe("an ambiguous root", () => {
  it("is accepted when one of its snapshots is put behind the alias by hand", async () => {
    await serveFirst();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, new Map([...STEP2.blobs, ["index-1", rootOf(SNAP2.uuid)]]));
    await arrive(INDEX2);
    await settle();
    expect(world.notices[0]?.text).toContain("restore one of its snapshots from moved-movies by hand, behind the alias of the watch");
    expect(await servedDigits()).toEqual([DIGITS[SNAP1.uuid]]);
    await byHand("snap-2", false);
    expect(notices()).toEqual([
      ["ambiguous:moved", "firing"],
      ["ambiguous:moved", "resolved"],
    ]);
    expect(await world.stateKeys("live/watch/moved/accepted/")).toEqual([]);
    expect(await world.stateKeys("live/watch/moved/root/")).toHaveLength(2);
  });

  it("is accepted when that snapshot is older than what is served", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, new Map([...STEP2.blobs, ["index-1", rootOf(SNAP2.uuid)]]));
    await arrive(INDEX2);
    await settle();
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, new Map([["index-2", rootOf(SNAP1.uuid)]]));
    await tick();
    expect(notices()).toEqual([["ambiguous:moved", "firing"]]);
    await byHand("snap-1", true);
    expect(notices()).toContainEqual(["ambiguous:moved", "resolved"]);
    expect(await servedDigits()).toEqual([DIGITS[SNAP1.uuid]]);
  });
});

describe("a snapshot that leaves the list and comes back", () => {
  it("is brought in although its first arrival ended meanwhile", async () => {
    await serveFirst();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    await world.blobs(MOVED).put("index-2", rootOf(SNAP1.uuid));
    await world.blobs(MOVED).put(LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array);
    await settle();
    expect(await doneKeys("arrival")).toContain(`arrival-moved-${SNAP2.uuid}`);
    await world.blobs(MOVED).put("index-3", rootOf(SNAP1.uuid, SNAP2.uuid));
    await settle();
    await settle();
    expect(await servedDigits()).toEqual([DIGITS[SNAP2.uuid]]);
  });

  it("is not taken for one that is newly listed", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    for (const [key, bytes] of [
      ["index-2", rootOf(SNAP2.uuid)],
      ["index-3", rootOf(SNAP1.uuid, SNAP2.uuid)],
    ] as const) {
      await world.blobs(MOVED).put(key, bytes);
      await tick();
      world.advance(MINUTE_MS);
    }
    expect(await world.stateKeys("live/watch/moved/root/")).toHaveLength(3);
    expect(world.notices).toEqual([]);
  });
});

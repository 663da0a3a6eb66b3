import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { countingStore, type RequestCount } from "../../../shared/reader/countingStore.ts";
import { recordMark } from "../../../shared/state/marks.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { SNAP2, STEP1, STEP2 } from "../../world/moved.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SOURCE: Place = { store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" };
const TO: Place = { store: "oss", bucket: "elsewhere", basePath: "movies", region: "cn-hangzhou" };
const SLOT = "20261121t013000z";

let world: TestWorld;

/** Runs one tick and counts its requests to the source bucket. */
async function tick(): Promise<RequestCount> {
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(SOURCE));
  await advanceJobs({ ...opened, blobs: (place) => (place.bucket === SOURCE.bucket ? store : opened.blobs(place)) });
  world.advance(MINUTE_MS);
  return requests;
}

const succeeded = (slot: string) => world.state.put(`live/slots/nightly/${slot}.done.60`, Buffer.from("{}"));
const copies = async () => (await world.stateKeys()).filter((key) => /^(live\/jobs|done\/copy)\/copy-/.test(key)).length;

const recordOf = async (key: string) => JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());

/** The fixture's root with its one snapshot renamed to the given name. */
async function fillSource(name: string): Promise<void> {
  await world.fill(SOURCE, STEP1.blobs);
  const root = Buffer.from((await world.blobs(SOURCE).get("index-0")) ?? []).toString();
  await world.blobs(SOURCE).put("index-0", Buffer.from(root.replaceAll('"snap-1"', `"${name}"`)));
}

beforeEach(async () => {
  const config = testConfig((made) => {
    made.watches = {};
    made.copies.move = { from: "backups", to: TO, snapshots: "latest", after: "nightly" };
  });
  world = await testWorld({ config, start: "2026-11-21T01:31:00Z" });
});

describe("a copy that follows a policy", () => {
  it("sends nothing to its source until a success is recorded, except for a check every ten minutes", async () => {
    await fillSource("by-somebody-else");
    const asked: number[] = [];
    for (let minute = 31; minute <= 52; minute += 1) if ((await tick()).list > 0) asked.push(minute);
    expect(asked).toEqual([40, 50]);
    expect(await copies()).toBe(0);
  });

  it("copies the success of the newest slot although an earlier one claims a later time", async () => {
    await tick();
    await world.fill(SOURCE, STEP2.blobs);
    const names = (text: string) =>
      text.replaceAll('"snap-1"', `"nightly-${SLOT}-1-abcde"`).replaceAll('"snap-2"', '"nightly-20261120t013000z-1-abcde"');
    const both = JSON.parse(names(Buffer.from((await world.blobs(SOURCE).get("index-1")) ?? []).toString()));
    for (const snapshot of both.snapshots) snapshot.start_time_millis = Date.UTC(snapshot.uuid === SNAP2.uuid ? 2027 : 2026, 10, 20);
    const first = { ...both, snapshots: both.snapshots.filter(({ uuid }: { uuid: string }) => uuid === SNAP2.uuid) };
    await world.blobs(SOURCE).put("index-1", Buffer.from(JSON.stringify(first)));
    await succeeded("20261120t013000z");
    await tick();
    const ids = async () => new Set((await world.stateKeys()).flatMap((key) => /\/(copy-[^/.]+)/.exec(key)?.[1] ?? [])).size;
    const before = await ids();
    expect(before).toBeGreaterThan(0);
    await world.blobs(SOURCE).put("index-1", Buffer.from(JSON.stringify(both)));
    await succeeded(SLOT);
    await tick();
    expect((await world.stateKeys("live/copies/move/seen/")).some((key) => key.endsWith(`after-${SLOT}`))).toBe(true);
    expect(await ids()).toBeGreaterThan(before);
    // The names in the root are not those in the snapshots' own blobs, so a copy fails and says what it wanted.
    const reasons = await Promise.all((await world.stateKeys("done/copy/")).map(async (key) => (await recordOf(key)).reason));
    expect(reasons).toContainEqual({
      code: "copy.sourceNotWhole",
      params: expect.objectContaining({ snapshot: `nightly-${SLOT}-1-abcde` }),
    });
  });

  it("copies what its policy reported although a newer snapshot is there", async () => {
    await tick();
    await world.fill(SOURCE, STEP2.blobs);
    const root = Buffer.from((await world.blobs(SOURCE).get("index-1")) ?? []).toString();
    await world.blobs(SOURCE).put("index-1", Buffer.from(root.replaceAll('"snap-1"', `"nightly-${SLOT}-1-abcde"`)));
    await succeeded(SLOT);
    await tick();
    const done = await Promise.all((await world.stateKeys("done/copy/")).map(async (key) => recordOf(key)));
    expect(done).toMatchObject([{ about: "move, 2 snapshots of index-1" }]);
  });

  it("starts once, at the tick after its policy's success", async () => {
    await tick();
    await fillSource(`nightly-${SLOT}-1-abcde`);
    await succeeded(SLOT);
    expect((await tick()).list).toBeGreaterThan(0);
    expect(await copies()).toBeGreaterThan(0);
    const begun = (await world.stateKeys("work/")).length;
    expect((await tick()).list).toBe(0);
    expect((await world.stateKeys("work/")).length).toBe(begun);
  });

  it("finds an unrecorded success at the next periodic check", async () => {
    await fillSource(`nightly-${SLOT}-1-abcde`);
    for (let minute = 31; minute <= 39; minute += 1) await tick();
    expect(await copies()).toBe(0);
    await tick();
    expect(await copies()).toBeGreaterThan(0);
  });

  it("keeps checking for a success that the source does not show yet", async () => {
    await fillSource("by-somebody-else");
    await succeeded(SLOT);
    expect((await tick()).list).toBeGreaterThan(0);
    expect(await copies()).toBe(0);
    await fillSource(`nightly-${SLOT}-1-abcde`);
    await tick();
    expect(await copies()).toBeGreaterThan(0);
  });

  it("remembers what it handled when many foreign roots follow", async () => {
    const opened = await world.open();
    const seen = opened.live?.copySeen ?? new Map();
    const prefix = "live/copies/move/seen/";
    for (const mark of [
      "uuid-of-a-snapshot",
      `after-${SLOT}`,
      "slot-20261121t030000z",
      ...Array.from({ length: 9 }, (_, root) => `${root}-0011`),
    ]) {
      await recordMark(opened, seen, { name: "move", prefix, mark });
      world.advance(MINUTE_MS);
    }
    const marks = (await world.stateKeys(prefix)).map((key) => key.split("~")[1]);
    expect(marks).toEqual([
      "uuid-of-a-snapshot",
      `after-${SLOT}`,
      "slot-20261121t030000z",
      ...Array.from({ length: 6 }, (_, root) => `${root + 3}-0011`),
    ]);
  });
});

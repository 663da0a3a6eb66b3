import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import type { RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { timeDigits } from "../../../shared/model/restoredName.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { newestGoodFirst } from "../../../shared/reader/rootSnapshots.ts";
import { planArrivals } from "../../../shared/verbs/arrival/plan.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { chooseSnapshots } from "../../../shared/verbs/copy/plan.ts";
import { SNAP1, SNAP2, STEP2 } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };

let world: TestWorld;

async function copy(): Promise<string[] | undefined> {
  await askCopy(await world.open(), "move", OPS);
  for (let round = 0; round < 8; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
  return (await openRepository(world.blobs(MOVED))).root?.snapshots.map(({ uuid }) => uuid);
}

/** The source's root, with another start of its older snapshot. */
async function rootWith(key: string, firstStarts: string | undefined): Promise<void> {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") ?? []).toString());
  for (const snapshot of root.snapshots)
    if (snapshot.uuid === SNAP1.uuid && firstStarts) snapshot.start_time_millis = new Date(firstStarts).getTime();
  await world.blobs(SOURCE).put(key, Buffer.from(JSON.stringify(root)));
}

beforeEach(async () => {
  const config = testConfig((made) => {
    made.backups = {};
    made.watches = {};
    made.repositories = { aws: { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE } };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "latest" };
  });
  world = await testWorld({ config, start: "2026-12-21T01:30:00Z" });
  await world.fill(SOURCE, STEP2.blobs);
});

describe("a name with a slot in the future", () => {
  const night = (name: string, startTime: string): RootSnapshot => {
    return { name, uuid: name, state: "SUCCESS", version: undefined, startTime: new Date(startTime) };
  };
  const FUTURE = night("nightly-20270601t013000z-1-abcde", "2026-11-28T12:52:13Z");
  const LATER = night("nightly-20261128t124500z-1-abcde", "2026-11-28T12:52:33Z");
  const NOW = new Date("2026-11-28T13:00:00Z");

  it("says nothing: the start counts, for the latest of a copy and for what a watch brings in", () => {
    expect(newestGoodFirst([FUTURE, LATER], NOW).map(({ name }) => name)).toEqual([LATER.name, FUTURE.name]);
    expect(
      chooseSnapshots({ snapshots: [FUTURE, LATER] } as unknown as RootCatalogue, "latest", { now: NOW }).map(({ name }) => name),
    ).toEqual([LATER.name]);
    const position = { uuid: FUTURE.uuid, digits: timeDigits(FUTURE.startTime as Date) };
    const planned = planArrivals({ good: [FUTURE, LATER], before: new Set([FUTURE.uuid]), position, open: [], now: NOW });
    expect([planned.wanted.map(({ name }) => name), planned.passedOver]).toEqual([[LATER.name], []]);
  });
});

describe("a copy of the latest snapshot whose source's clock was ahead", () => {
  it("copies the newest one that does not lie in the future, and reports and resolves it once", async () => {
    await rootWith("index-1", "2027-11-01T00:00:00Z");
    expect(await copy()).toEqual([SNAP2.uuid]);
    await rootWith("index-2", "2027-11-01T00:00:00Z");
    await copy();
    expect(world.notices).toMatchObject([
      { key: "copy-ahead:move", status: "firing", severity: "warning", reason: { code: "copy.ahead", params: { snapshots: ["snap-1"] } } },
    ]);
    await rootWith("index-3", undefined);
    await copy();
    expect(world.notices.map(({ key, status }) => [key, status])).toEqual([
      ["copy-ahead:move", "firing"],
      ["copy-ahead:move", "resolved"],
    ]);
  });
});

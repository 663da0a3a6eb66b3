import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
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

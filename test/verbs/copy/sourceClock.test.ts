import { describe, expect, it } from "vitest";
import type { RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { timeDigits } from "../../../shared/model/restoredName.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { newestGoodFirst } from "../../../shared/reader/rootSnapshots.ts";
import { planArrivals } from "../../../shared/verbs/arrival/plan.ts";
import { chooseSnapshots } from "../../../shared/verbs/copy/plan.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { SNAP1, SNAP2, STEP2 } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

freshCopyWorld({ snapshots: "latest", start: "2026-12-21T01:30:00Z", blobs: STEP2.blobs });

async function copy(): Promise<string[] | undefined> {
  await runCopy();
  return (await openRepository(world.blobs(MOVED))).root?.snapshots.map(({ uuid }) => uuid);
}

/** The source's root, with another start of its older snapshot. */
async function rootWith(key: string, firstStarts: string | undefined): Promise<void> {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") ?? []).toString());
  for (const snapshot of root.snapshots)
    if (snapshot.uuid === SNAP1.uuid && firstStarts) snapshot.start_time_millis = new Date(firstStarts).getTime();
  await world.blobs(SOURCE).put(key, Buffer.from(JSON.stringify(root)));
}

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

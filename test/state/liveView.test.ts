import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../shared/adapters/wrap/faultyBlobStore.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { readLive } from "../../shared/state/liveView.ts";

async function storeWith(...keys: string[]) {
  const store = memoryBlobStore();
  for (const key of keys) await store.put(key, Buffer.from("{}"));
  return store;
}

describe("the live view", () => {
  it("shows each job with its newest record", async () => {
    const store = await storeWith(
      stateKey.record("backup-a", 0),
      stateKey.record("backup-a", 10),
      stateKey.record("backup-a", 9),
      stateKey.record("prune-b", 0),
    );
    expect((await readLive(store)).jobs).toEqual(
      new Map([
        ["backup-a", 10],
        ["prune-b", 0],
      ]),
    );
  });

  it("shows slots, positions and marks oldest first", async () => {
    const store = await storeWith(
      stateKey.slot("nightly", { slot: "20261121t013000z", state: "failed", seconds: 7 }),
      stateKey.slot("nightly", { slot: "20261120t013000z", state: "done", seconds: 42 }),
      stateKey.position("moved", "20261119000000000", "old"),
      stateKey.position("moved", "20261121000000000", "new"),
      stateKey.mark(stateKey.watchRoots("moved"), new Date(9_000), "0-late"),
      stateKey.mark(stateKey.watchRoots("moved"), new Date(5_000), "1-abc"),
    );
    const view = await readLive(store);
    expect(view.slots.get("nightly")).toEqual([
      { slot: "20261120t013000z", state: "done", seconds: 42 },
      { slot: "20261121t013000z", state: "failed", seconds: 7 },
    ]);
    expect(view.positions.get("moved")).toEqual([
      { digits: "20261119000000000", uuid: "old" },
      { digits: "20261121000000000", uuid: "new" },
    ]);
    expect(view.watchRoots.get("moved")?.map(({ mark }) => mark)).toEqual(["1-abc", "0-late"]);
  });

  it("shows what a copy claimed, published and saw, and the active notices", async () => {
    const store = await storeWith(
      stateKey.copyClaim("c"),
      stateKey.mark(stateKey.published("c"), new Date(0), "3-ff"),
      stateKey.mark(stateKey.copySeen("c"), new Date(0), "3-x"),
      stateKey.notice("late:nightly/ü", 0),
      stateKey.notice("late:nightly/ü", 2),
      stateKey.notice("late:nightly/ü", 1),
      stateKey.notice("odd.json", 1),
    );
    const view = await readLive(store);
    const marks = [view.published, view.copySeen].map((seen) => seen.get("c")?.map(({ mark }) => mark));
    expect([...view.copyClaims, ...marks, ...view.notices]).toEqual(["c", ["3-ff"], ["3-x"], ["late:nightly/ü", 2], ["odd.json", 1]]);
  });

  it("ignores unknown keys", async () => {
    const view = await readLive(
      await storeWith("live/other", "live/jobs/backup-a/readme.txt", "live/slots/nightly/yesterday.json", "live/watch/w/position/soon"),
    );
    expect([view.jobs.size, view.slots.size, view.positions.size]).toEqual([0, 0, 0]);
  });

  it("throws when the listing is truncated instead of returning a shorter view", async () => {
    const store = faulty(await storeWith(stateKey.record("backup-a", 0))).on("list", "cut");
    await expect(readLive(store)).rejects.toMatchObject({ code: "transient" });
  });
});

import { describe, expect, it } from "vitest";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { freshWorld, offer, restores, SNAP1, STEP1, served, serveFirst, settle, world } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { MOVED } from "../world/world.ts";

/**
 * elastic/kibana#284095: a restore answered 502 although it had started, and the repeated request failed because indices already existed.
 * ossnap looks the restore up by its marker instead of repeating the request, and a repeated order joins the job of the first one.
 */

freshWorld();

describe("a restore whose response is lost", () => {
  it("is restored once although the response to the restore was lost", async () => {
    world.target.failNext("restore", "lost");
    await serveFirst();
    expect(await served()).toHaveLength(1);
    expect(restores()).toHaveLength(1);
  });

  it("is one job when it is requested by hand twice with one key", async () => {
    Object.assign(world.config.watches.moved?.restore ?? {}, { which: "by-hand" });
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
    world.target.failNext("restore", "lost");
    const first = await startRestore(await world.open(), request, OPS, { key: "movies-1" });
    const second = await startRestore(await world.open(), request, OPS, { key: "movies-1" });
    expect([first, second]).toMatchObject([{ created: { outcome: "created" } }, { created: { outcome: "open" } }]);
    await settle();
    expect(await startRestore(await world.open(), request, OPS, { key: "movies-1" })).toMatchObject({
      created: { outcome: "done", done: { state: "done" } },
    });
    expect(restores()).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { shortHash } from "../../../shared/model/hash.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { ownerOf } from "../../../shared/verbs/copy/gatherOwner.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { STEP2 } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MOVED } from "../../world/world.ts";

freshCopyWorld();

const SAME_NAMES: Place = { ...MOVED, endpoint: "http://minio:9000" };
/** The names under which claims and marks are stored now, and were stored by earlier builds of version 0.1.0. */
const OWNER = ownerOf({ copyName: "move", to: MOVED });

const before = () => `move-${shortHash(8, world.blobs(MOVED).url)}`;

async function copy(): Promise<string> {
  return (await runCopy()).done?.reason.code ?? "open";
}

/** Rewrites what is stored about the destination to the keys of earlier builds. */
async function makeOld(): Promise<void> {
  for (const key of await world.stateKeys(`live/copies/${OWNER}/`)) {
    await world.state.put(key.replace(OWNER, before()), (await world.state.get(key)) ?? new Uint8Array());
    await world.state.delete([key]);
  }
}

describe("the destination of a copy", () => {
  it("is recognized by what an earlier version stored, which moves to its new keys", async () => {
    expect(await copy()).toBe("copy.done");
    await makeOld();
    await world.fill(SOURCE, STEP2.blobs);
    expect(await copy()).toBe("copy.done");
    expect((await openRepository(world.blobs(MOVED))).root?.snapshots).toHaveLength(2);
    expect(await world.stateKeys(`live/copies/${before()}/`)).toEqual([]);
    expect(await world.stateKeys(`live/copies/${OWNER}/published/`)).toHaveLength(2);
  });

  it("is recognized by the claim of an earlier version while it has no root", async () => {
    expect(await copy()).toBe("copy.done");
    await makeOld();
    await world.blobs(MOVED).delete(["index-0", "index.latest"]);
    await world.fill(SOURCE, STEP2.blobs);
    expect(await copy()).toBe("copy.done");
  });

  it.each(["now", "in an earlier version"])(
    "is not taken for one of the same name at another endpoint that was claimed %s",
    async (when) => {
      await askCopy(await world.open(), "move", OPS);
      await tick(world);
      if (when !== "now") await makeOld();
      await world.fill(SAME_NAMES, new Map([["indices/of-another/0/__1", new Uint8Array(3)]]));
      await world.fill(SOURCE, STEP2.blobs);
      world.config.copies.move = { from: "aws", to: SAME_NAMES, snapshots: "all" };
      expect(await copy()).toBe("copy.notEmpty");
    },
  );
});

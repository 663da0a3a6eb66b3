import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { shortHash } from "../../../shared/model/hash.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { ownerOf } from "../../../shared/verbs/copy/gatherOwner.ts";
import { STEP1, STEP2 } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const SAME_NAMES: Place = { ...MOVED, endpoint: "http://minio:9000" };
/** The names under which claims and marks are stored now, and were stored by earlier builds of version 0.1.0. */
const OWNER = ownerOf({ copyName: "move", to: MOVED });

let world: TestWorld;
const before = () => `move-${shortHash(8, world.blobs(MOVED).url)}`;

async function copy(): Promise<string> {
  const created = await askCopy(await world.open(), "move", OPS);
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  for (let round = 0; round < 8; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
  return (await (await world.open()).log.done(id))?.reason.code ?? "open";
}

/** Rewrites what is stored about the destination to the keys of earlier builds. */
async function makeOld(): Promise<void> {
  for (const key of await world.stateKeys(`live/copies/${OWNER}/`)) {
    await world.state.put(key.replace(OWNER, before()), (await world.state.get(key)) ?? new Uint8Array());
    await world.state.delete([key]);
  }
}

beforeEach(async () => {
  const config = testConfig((made) => {
    made.backups = {};
    made.watches = {};
    made.repositories = { aws: { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE } };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
  });
  world = await testWorld({ config });
  await world.fill(SOURCE, STEP1.blobs);
});

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

import { beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshCopyWorld, runCopy, world } from "../../world/copying.ts";
import { MOVED } from "../../world/world.ts";

const AFTER = fixtureRepository("es-5.5.3-reused-names/step2").blobs;
/** A file in one part that the destination refers to by a counter name, and other bytes of the same size. */
const NAME = [...AFTER.keys()].filter((key) => /\/__\w+$/.test(key)).sort()[0] as string;
const OTHERS = Buffer.alloc((AFTER.get(NAME) as Uint8Array).length, 7);

freshCopyWorld({ blobs: AFTER });

/** Called once, after the next write whose key matches. */
let then: { after: RegExp; act: () => Promise<void> } | undefined;

/** Verdicts on what each root listed at the moment when it was written. */
let published: string[];

function watched(store: BlobStore): BlobStore {
  const written = async (key: string) => {
    if (/^index-\d/.test(key)) published.push(...(await verdicts()));
    if (!then?.after.test(key)) return;
    const { act } = then;
    then = undefined;
    await act();
  };
  return {
    ...store,
    async put(key, body, options) {
      const result = await store.put(key, body, options);
      await written(key);
      return result;
    },
    async putFrom(key, sizeBytes, read, ready) {
      const result = await store.putFrom(key, sizeBytes, read, ready);
      await written(key);
      return result;
    },
  };
}

/** Returns how the job ended, and whether it found a blob that was replaced. */
async function copy(): Promise<{ state: string | undefined; isReplaced: boolean }> {
  const { id, done } = await runCopy(12);
  const history = Buffer.from((await world.state.get(stateKey.history(id))) ?? []).toString();
  return { state: done?.state, isReplaced: history.includes('"copy.replaced"') };
}

async function verdicts(): Promise<string[]> {
  const store = world.blobs(MOVED);
  const { root } = await openRepository(store);
  const found = [];
  for (const { uuid } of root?.snapshots ?? []) found.push((await proveSnapshot(store, { uuid, level: "contents" })).verdict);
  return found;
}

beforeEach(() => {
  then = undefined;
  published = [];
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    return { ...opened, blobs: (place) => (place.bucket === MOVED.bucket ? watched(opened.blobs(place)) : opened.blobs(place)) };
  };
});

describe("a copy whose blobs with counter names are written by a frozen task of an earlier copy", () => {
  const overwrite = async () => void (await world.blobs(MOVED).put(NAME, OTHERS));

  it("does not publish over bytes of the same size, and copies the blob again", async () => {
    then = { after: /^snap-/, act: overwrite };
    expect(await copy()).toMatchObject({ state: "done", isReplaced: true });
    expect(new Set([...published, ...(await verdicts())])).toEqual(new Set(["whole"]));
  });

  it("does not publish over a blob that the plan found equal either", async () => {
    const snapshotBlob = [...AFTER.keys()].filter((key) => key.startsWith("snap-")).sort();
    await copy();
    await world.blobs(MOVED).delete(snapshotBlob.slice(0, 1));
    then = { after: /^snap-/, act: overwrite };
    expect(await copy()).toMatchObject({ state: "done", isReplaced: true });
    expect(new Set([...published, ...(await verdicts())])).toEqual(new Set(["whole"]));
  });

  it("notices it right after the root is published, and copies the blob again", async () => {
    then = { after: /^index-\d/, act: overwrite };
    expect(await copy()).toMatchObject({ state: "done" });
    expect(new Set(await verdicts())).toEqual(new Set(["whole"]));
  });
});

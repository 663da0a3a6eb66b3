import { describe, expect, it } from "vitest";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const MODERN = fixtureRepository("es-7.10.2/repo").blobs;
const rootKey = [...MODERN.keys()].find((key) => /^index-\d+$/.test(key)) ?? "";

/** The fixture's root, changed. */
function withRoot(change: (root: { indices: Record<string, Record<string, unknown>> }) => void) {
  const root = JSON.parse(Buffer.from(MODERN.get(rootKey) ?? []).toString());
  change(root);
  return storeOf(new Map([...MODERN, [rootKey, Buffer.from(JSON.stringify(root))]]));
}

describe("a repository that lost its roots", () => {
  it("is not taken for one that never was, because index.latest still names one", async () => {
    const store = storeOf(new Map([...MODERN].filter(([key]) => !/^index-\d+$/.test(key))));
    const lost = { code: "absent", message: expect.stringContaining(`its roots are lost: index.latest names ${rootKey}`) };
    await expect(proveSnapshot(store, { name: "snap-1", level: "names" })).rejects.toMatchObject(lost);
    await expect(surveyRepository(store)).rejects.toMatchObject(lost);
    const bare = storeOf(new Map());
    await expect(surveyRepository(bare)).rejects.toMatchObject({
      message: expect.stringContaining("there is no root (index-N), so no repository"),
    });
    // A copy that has brought only the pointer so far is no fault.
    expect((await openRepository(store)).root).toBeUndefined();
  });
});

describe("a repository of OpenSearch with hashed shard paths", () => {
  it("is refused with its cause instead of called incomplete", async () => {
    const hashed = withRoot(({ indices }) => {
      for (const entry of Object.values(indices)) entry.shard_path_type = 1;
    });
    const cause = {
      code: "invalid",
      message: expect.stringContaining("shard_path_type 1: OpenSearch wrote its shards below hashed paths"),
    };
    await expect(openRepository(hashed)).rejects.toMatchObject(cause);
    const fixed = withRoot(({ indices }) => {
      for (const entry of Object.values(indices)) entry.shard_path_type = 0;
    });
    expect((await openRepository(fixed)).root?.indices.length).toBeGreaterThan(0);
  });
});

describe("a repository of Elasticsearch 1.x (opensearch-migrations#1665)", () => {
  it("is refused with its version instead of called incomplete", async () => {
    const blobs: [string, Uint8Array][] = [
      ["index", Buffer.from('{"snapshots":["nightly-1"]}')],
      ["snapshot-nightly-1", Buffer.from("{}")],
      ["metadata-nightly-1", Buffer.from("{}")],
    ];
    await expect(openRepository(storeOf(new Map(blobs)))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("written by Elasticsearch 1.x (snapshot-nightly-1)"),
    });
    const version2 = storeOf(fixtureRepository("es-2.4.6/repo").blobs);
    expect((await openRepository(version2)).root?.snapshots.length).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { hidesRoot, rootGenerationOf } from "../../shared/format/keys.ts";
import { highestCatalogueKey } from "../../shared/proof/shardUse.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { hiddenRoot, refuseHidden } from "../../shared/reader/rootBlob.ts";
import { ownershipConflict } from "../../shared/verbs/copy/plan.ts";
import { storeOf } from "../format/fixtureRepositories.ts";
import { STEP2 } from "../world/moved.ts";

/** The largest integer of a double, the largest `long`, and names that only `Long.parseLong` takes for a number. */
const GIANTS = ["index-9007199254740991", "index-9223372036854775807", "index-00000000000000002", "index-+7"];
const withKey = (key: string) => storeOf(new Map([...STEP2.blobs, [key, STEP2.blobs.get("index-0") as Uint8Array]]));

describe("a key that Elasticsearch takes for a root and no repository has", () => {
  it.each(GIANTS)("%s does not hide the real root, and is named", async (key) => {
    const opened = await openRepository(withKey(key));
    expect(opened).toMatchObject({ root: { key: "index-1" }, hiding: [key] });
    const verified = await proveChosen(withKey(key), { snapshot: "all", level: "names" });
    expect(verified.proofs.map(({ verdict }) => verdict)).toEqual(["whole", "whole"]);
    expect(verified.hiding).toEqual([key]);
  });

  it("is named before smaller ones, as Elasticsearch reads the highest number", async () => {
    const keys = ["index-00000000007", "index-9007199254740991", "index-9223372036854775807", "index-+8"];
    const store = storeOf(new Map([...STEP2.blobs, ...keys.map((key) => [key, Buffer.from("{}")] as const)]));
    const { hiding } = await openRepository(store);
    expect(hiding).toEqual(["index-9223372036854775807", "index-9007199254740991", "index-+8", "index-00000000007"]);
    expect(hiddenRoot(store, { hiding })?.params.key).toBe("index-9223372036854775807");
    expect(() => refuseHidden(store, { hiding })).toThrow("index-9223372036854775807");
  });

  it("is named before a link of a lower number, and after one of a higher", async () => {
    const real = storeOf(new Map([...STEP2.blobs, ["index-+8", Buffer.from("{}")]]));
    const store: typeof real = {
      ...real,
      list(prefix, options) {
        for (const link of ["index-7", "index-9"]) options?.onLink?.(link);
        return real.list(prefix, options);
      },
    };
    expect((await openRepository(store)).hiding).toEqual(["index-9", "index-+8", "index-7"]);
  });

  it.each(["index-9223372036854775808", "index-1x", "index-", "index.latest", "index--1", "index-000"])("%s hides none", (key) => {
    expect(hidesRoot(key, 1)).toBe(false);
  });

  it("is named when there is no other root", async () => {
    const [key = ""] = GIANTS;
    const store = storeOf(new Map([[key, Buffer.from("{}")]]));
    await expect(proveChosen(store, { snapshot: "all", level: "names" })).rejects.toMatchObject({
      code: "absent",
      reason: { code: "repository.noSuchGeneration", params: { key } },
    });
  });

  it("is not written beside by a copy", () => {
    const seen = { generation: 1, sha256: "a", empty: false, published: ["1-a"], claimed: true };
    expect(ownershipConflict(seen, "oss://to")).toBeUndefined();
    expect(ownershipConflict({ ...seen, hiding: ["index-9007199254740991"] }, "oss://to")?.code).toBe("repository.hiddenRoot");
  });

  it("is no catalogue of a shard either", () => {
    expect(highestCatalogueKey(["indices/a/0/index-4", "indices/a/0/index-9007199254740991"])).toBe("indices/a/0/index-4");
  });

  it("leaves every real generation", () => {
    expect([rootGenerationOf("index-0"), rootGenerationOf("index-1000000000000"), rootGenerationOf("index-1000000000001")]).toEqual([
      0,
      1e12,
      undefined,
    ]);
  });
});

describe("an uuid that no store can hold", () => {
  it.each([300, 2_000])("of %i characters is a fault of that one snapshot", async (length) => {
    const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
    root.snapshots.push({ name: "long", uuid: "u".repeat(length), state: 1 });
    const bucket = new Map();
    const store = memoryBlobStore({ bucket, name: "b", now: () => new Date(0) });
    for (const [key, bytes] of STEP2.blobs) await store.put(key, bytes);
    await store.put("index-2", Buffer.from(JSON.stringify(root)));
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "footers" });
    expect(proofs.map(({ name, verdict }) => `${name} ${verdict === "whole"}`)).toEqual(["snap-1 true", "snap-2 true", "long false"]);
  });
});

import { describe, expect, it } from "vitest";
import { decodeContainer } from "../../shared/format/encoding/container.ts";
import { classifyKey, type KeyKind } from "../../shared/format/keys.ts";
import { decodeShardCatalogue } from "../../shared/format/shardCatalogue.ts";
import { commitOf, decodeShardSnapshot } from "../../shared/format/shardSnapshot.ts";
import { lackedFile } from "../../shared/proof/commitFiles.ts";
import { listsOf } from "../../shared/proof/shardUse.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer } from "../format/encoding/encodeContainer.ts";
import { fixtureRepositories, fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

interface Fields {
  files: { name: string; physical_name: string }[];
  snapshots?: Record<string, { files: string[] }>;
}

const { blobs, snapshots } = fixtureRepository("es-7.10.2/repo");
const keysOf = (those: ReadonlyMap<string, Uint8Array>, kind: KeyKind) => [...those.keys()].filter((key) => classifyKey(key).kind === kind);
const [LIST = ""] = keysOf(blobs, "shardSnapshot");
const SHARD = LIST.slice(0, LIST.lastIndexOf("/") + 1);
const CATALOGUE = keysOf(blobs, "shardCatalogue").find((key) => key.startsWith(SHARD)) ?? "";
const { snapshot: NAME = "", uuid: UUID = "" } = snapshots.find(({ uuid }) => LIST.endsWith(`-${uuid}.dat`)) ?? {};

/** The blob without the files that are Lucene's commit. */
function uncommitted(key: string, codec: "snapshot" | "snapshots"): { bytes: Uint8Array; left: number } {
  const fields = decodeContainer(blobs.get(key) as Uint8Array, codec, key) as unknown as Fields;
  const commits = fields.files.filter(({ physical_name }) => physical_name.startsWith("segments_")).map(({ name }) => name);
  const files = fields.files.filter(({ name }) => !commits.includes(name));
  const lists = Object.entries(fields.snapshots ?? {}).map(([name, list]) => {
    return [name, { ...list, files: list.files.filter((file) => !commits.includes(file)) }];
  });
  const changed = { ...fields, files, ...(fields.snapshots && { snapshots: Object.fromEntries(lists) }) };
  return { bytes: encodeContainer(codec, changed), left: files.length };
}

describe("a shard's file list without Lucene's commit", () => {
  const { bytes, left } = uncommitted(LIST, "snapshot");
  const fault = { key: LIST, check: "format", expected: "files with a segments_N", found: `${left} without one` };

  it("is damaged to `verify` at every level, because Elasticsearch refuses to restore the shard", async () => {
    expect(left).toBeGreaterThan(0);
    for (const level of ["names", "metadata", "contents"] as const) {
      const proof = await proveSnapshot(storeOf(new Map(blobs).set(LIST, bytes)), { uuid: UUID, level });
      expect(proof).toMatchObject({ verdict: "damaged", missing: [], damaged: [fault] });
    }
  });

  it("is damaged to `snapshots` too, where the shard has no catalogue", async () => {
    const others = new Map([...blobs].filter(([key]) => key !== CATALOGUE)).set(LIST, bytes);
    const seen = await surveyRepository(storeOf(others));
    expect(seen.damaged).toEqual([fault]);
    expect(seen.snapshots.find(({ name }) => name === NAME)?.bytes).toBeUndefined();
  });

  it("is damaged to `snapshots` where the catalogue lists it", async () => {
    const seen = await surveyRepository(storeOf(new Map(blobs).set(CATALOGUE, uncommitted(CATALOGUE, "snapshots").bytes)));
    expect(seen.damaged).toContainEqual(fault);
    expect(seen.snapshots.find(({ name }) => name === NAME)?.bytes).toBeUndefined();
  });
});

describe("the file lists that Elasticsearch 2.4 to 9.2 wrote", () => {
  it.each(fixtureRepositories().map((repository) => [repository.name, repository]))("have a commit with all its files (%s)", (_, those) => {
    const own = keysOf(those.blobs, "shardSnapshot").map((key) => decodeShardSnapshot(those.blobs.get(key) as Uint8Array, key).files);
    const listed = keysOf(those.blobs, "shardCatalogue").flatMap((key) => [
      ...listsOf(decodeShardCatalogue(those.blobs.get(key) as Uint8Array, key)).values(),
    ]);
    expect(own.length).toBeGreaterThan(0);
    for (const files of [...own, ...listed]) expect([commitOf(files) === undefined, lackedFile(files, "s")]).toEqual([false, undefined]);
  });
});

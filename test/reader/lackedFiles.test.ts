import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { decodeContainer } from "../../shared/format/encoding/container.ts";
import { classifyKey, type KeyKind } from "../../shared/format/keys.ts";
import type { DamagedBlob, RootCatalogue } from "../../shared/model/repository.ts";
import { proveArrival } from "../../shared/reader/prove/proveArrival.ts";
import { chooseSnapshot, proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";

import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer } from "../format/encoding/encodeContainer.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";
import { readClosure } from "./closures.ts";

interface Fields {
  name: string;
  files: { name: string; physical_name: string }[];
  snapshots: Record<string, { files: string[] }>;
}

const REPOSITORY = "es-5.5.2-nocompress/repo";
const { blobs, snapshots } = fixtureRepository(REPOSITORY);
const keysOf = (kind: KeyKind) => [...blobs.keys()].filter((key) => classifyKey(key).kind === kind);
const fieldsOf = (key: string) => decodeContainer(blobs.get(key) as Uint8Array, "snapshot", key) as unknown as Fields;
const LIST = keysOf("shardSnapshot").find((key) => fieldsOf(key).files.some(({ physical_name }) => physical_name === "_0.cfs")) ?? "";
const CATALOGUE = keysOf("shardCatalogue").find((key) => key.startsWith(LIST.slice(0, LIST.lastIndexOf("/") + 1))) ?? "";
const { snapshot: NAME = "", uuid: UUID = "" } = snapshots.find(({ uuid }) => LIST.endsWith(`-${uuid}.dat`)) ?? {};

/** The repository with this list of one shard, without the shard's catalogue. */
const withList = (files: unknown[], from = fieldsOf(LIST)) =>
  new Map([...blobs].filter(([key]) => key !== CATALOGUE)).set(LIST, encodeContainer("snapshot", { ...from, name: NAME, files }));
const without = (lost: RegExp) => fieldsOf(LIST).files.filter(({ physical_name }) => !lost.test(physical_name));
const DELETIONS = fileURLToPath(new URL("../fixtures/lists/es-5.5.3-deletions.dat", import.meta.url));
const deletions = decodeContainer(readFileSync(DELETIONS), "snapshot", "list") as unknown as Fields;
const withoutLiv = withList(
  deletions.files.filter(({ physical_name }) => physical_name !== "_1_2.liv"),
  deletions,
);

const CASES: [string, Map<string, Uint8Array>, Partial<DamagedBlob>][] = [
  ["a segment's .si", withList(without(/\.si$/)), { expected: "file _0.si of segment _0" }],
  ["a segment's data", withList(without(/\.cfs$/)), { expected: "file _0.cfs of segment _0" }],
  ["everything but segments_N", withList(without(/^_/)), { expected: "file _0.si of segment _0" }],
  ["the file of a segment's deleted documents", withoutLiv, { expected: "file _1_2.liv of segment _1" }],
];

async function arrivalOf(those: ReadonlyMap<string, Uint8Array>) {
  const store = storeOf(those);
  const opened = (await openRepository(store)) as Parameters<typeof proveArrival>[1]["opened"];
  const [snapshot, now] = [chooseSnapshot(opened.root, { uuid: UUID }), new Date("2026-11-21T02:00:00Z")];
  const indices = opened.root.indices.filter((index) => index.snapshots.includes(UUID)).map(({ name }) => name);
  const look = { opened, snapshot, indices, came: [], waiting: [], deadline: () => false, now };
  const first = await proveArrival(store, { ...look, before: undefined });
  return [first, await proveArrival(store, { ...look, before: first.progress })] as const;
}

describe.each(CASES)("a shard's file list without %s", (_, those, expected) => {
  const fault = { key: LIST, check: "format", found: "nothing", ...expected };

  it("is damaged to `verify` at every level", async () => {
    for (const level of ["names", "metadata", "contents"] as const) {
      const proof = await proveSnapshot(storeOf(those), { uuid: UUID, level });
      expect(proof).toMatchObject({ verdict: "damaged", missing: [], damaged: [fault] });
    }
  });

  it("is damaged to a copy and to every look at an arrival", async () => {
    const { root } = await openRepository(storeOf(those));
    const read = await readClosure(storeOf(those), root as RootCatalogue, chooseSnapshot(root as RootCatalogue, { uuid: UUID }));
    expect(read).toMatchObject({ closure: undefined, damaged: [fault] });
    for (const look of await arrivalOf(those)) expect(look).toMatchObject({ proof: undefined, damaged: [fault] });
  });

  it("is damaged to `snapshots`", async () => {
    const seen = await surveyRepository(storeOf(those));
    expect(seen.damaged).toEqual([fault]);
    expect(seen.snapshots.find(({ name }) => name === NAME)?.bytes).toBeUndefined();
  });
});

describe("a shard's catalogue that lists a snapshot without a file of its commit", () => {
  it("is damaged to `snapshots` for that snapshot only", async () => {
    const fields = decodeContainer(blobs.get(CATALOGUE) as Uint8Array, "snapshots", CATALOGUE) as unknown as Fields;
    const lost = fields.files.find(({ physical_name }) => physical_name === "_0.cfs")?.name;
    const list = { files: fields.snapshots[NAME]?.files.filter((name) => name !== lost) };
    const changed = encodeContainer("snapshots", { ...fields, snapshots: { ...fields.snapshots, [NAME]: list } });
    const [before, seen] = [
      await surveyRepository(storeOf(blobs)),
      await surveyRepository(storeOf(new Map(blobs).set(CATALOGUE, changed))),
    ];
    expect(seen.damaged).toEqual([{ key: LIST, check: "format", expected: "file _0.cfs of segment _0", found: "nothing" }]);
    const changes = before.snapshots.filter(({ bytes }, at) => bytes !== seen.snapshots[at]?.bytes);
    expect(changes.map(({ name }) => name)).toEqual([NAME]);
  });
});

describe("a shard's file list without any file", () => {
  const fault = { key: LIST, check: "format", expected: "files with a segments_N", found: "no files" };
  const empty = withList([]);

  it("is damaged to `verify`, a copy and an arrival, because the index's settings do not say that it is mounted", async () => {
    const proof = await proveSnapshot(storeOf(empty), { uuid: UUID, level: "names" });
    expect(proof).toMatchObject({ verdict: "damaged", damaged: [fault] });
    const { root } = await openRepository(storeOf(empty));
    const read = await readClosure(storeOf(empty), root as RootCatalogue, chooseSnapshot(root as RootCatalogue, { uuid: UUID }));
    expect(read).toMatchObject({ closure: undefined, damaged: [fault] });
    for (const look of await arrivalOf(empty)) expect(look).toMatchObject({ proof: undefined, damaged: [fault] });
  });

  it("is damaged to `snapshots` too, which reads the settings of such an index", async () => {
    expect((await surveyRepository(storeOf(empty))).damaged).toMatchObject([{ expected: "files with a segments_N", found: "no files" }]);
  });

  it("is what every snapshot of a mounted index has", async () => {
    const directory = fileURLToPath(new URL("../fixtures/es-7.17.9-mounted/repo", import.meta.url));
    const store = directoryBlobStore({ directory });
    const { root } = await openRepository(store);
    const read = (root as RootCatalogue).snapshots.map((snapshot) => readClosure(store, root as RootCatalogue, snapshot));
    for (const { damaged } of await Promise.all(read)) expect(damaged).toEqual([]);
    expect((await surveyRepository(store)).damaged).toEqual([]);
  });
});

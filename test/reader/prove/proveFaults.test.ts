import { describe, expect, it } from "vitest";
import { type BlobFault, faulty } from "../../../shared/adapters/wrap/faultyBlobStore.ts";
import { isCounterNamed } from "../../../shared/format/keys.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { ClosureBlob, ProofLevel, RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { startProgress } from "../../../shared/proof/arrivalProgress.ts";
import { examineShards } from "../../../shared/reader/prove/examineShards.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { listSizes, openRepository, requireRoot } from "../../../shared/reader/readRepository.ts";
import { fixtureRepositories, fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { readClosure } from "../closures.ts";
import { closureBlobs } from "./closureBlobs.ts";

const LEVELS: ProofLevel[] = ["names", "metadata", "footers", "contents"];
const SUBJECTS: [string, string][] = [
  ["es-5.5.2-chunked/repo", "snap-3"],
  ["es-7.10.2/repo", "snap-3"],
];

const REFUSED = new AppError("denied", "store: 403");
const NO_BUCKET = new AppError("absent", "store: 404, there is no such bucket");

/** Each with the verdict or error code that a proof must end with. */
const LIST_FAULTS: [string, BlobFault, string][] = [
  ["truncated in the middle", "cut", "transient"],
  ["returned with a page repeated", "repeated", "transient"],
  ["returned with pages out of order", "disordered", "transient"],
  ["refused with 403", REFUSED, "denied"],
  ["rejected because the bucket is missing", NO_BUCKET, "absent"],
];

const READ_FAULTS: [string, BlobFault, string][] = [
  ["truncated", "cut", "transient"],
  ["refused with 403", REFUSED, "denied"],
  ["rejected because the bucket is missing", NO_BUCKET, "absent"],
  ["answered with 404 for a blob that was listed before", "vanished", "incomplete"],
];

describe.each(SUBJECTS)("%s, %s is never whole", (fixture, name) => {
  const { blobs } = fixtureRepository(fixture);
  const needed = closureBlobs(blobs, { name });
  const store = () => faulty(storeOf(blobs));

  /** The verdict, or the code of the error. */
  const outcomeOf = (proof: Promise<{ verdict: string }>): Promise<string> =>
    proof.then(
      ({ verdict }) => verdict,
      (error: unknown) => {
        if (error instanceof AppError) return error.code;
        throw error;
      },
    );

  for (const level of LEVELS) {
    it.each(LIST_FAULTS)(`when a listing is %s, at level ${level}`, async (_, fault, code) => {
      for (const key of ["index", ""]) {
        const broken = store().on("list", fault, { key });
        expect([key, await outcomeOf(proveSnapshot(broken, { name, level }))]).toEqual([key, code]);
        expect(broken.unfired()).toEqual([]);
      }
    });
  }

  it.each(LIST_FAULTS)("when the final check of the roots is %s", async (_, fault, code) => {
    const healthy = storeOf(blobs);
    const [root, listing] = [await openRepository(healthy), await listSizes(healthy)];
    const broken = store().on("list", fault, { key: "index" });
    expect(await outcomeOf(proveSnapshot(broken, { name, level: "names", root, listing }))).toBe(code);
    expect(broken.unfired()).toEqual([]);
  });

  it.each(READ_FAULTS)("when the GET of any one needed metadata blob is %s", async (_, fault, code) => {
    const metadata = (await needed).filter(({ kind }) => kind !== "data" && kind !== "root");
    expect(metadata.length).toBeGreaterThan(5);
    for (const { key } of metadata) {
      const broken = store().on("get", fault, { key });
      expect([key, await outcomeOf(proveSnapshot(broken, { name, level: "metadata" }))]).toEqual([key, code]);
      expect(broken.unfired()).toEqual([]);
    }
  });

  it.each(READ_FAULTS)("when the GET of any one footer is %s", async (_, fault, code) => {
    for (const { key, file } of (await needed).filter(holdsFooter)) {
      // Files in several parts with counter names are read as a whole.
      const broken = store().on(file?.parts === 1 || !isCounterNamed(key) ? "get" : "open", fault, { key });
      expect([key, await outcomeOf(proveSnapshot(broken, { name, level: "footers" }))]).toEqual([key, code]);
      expect(broken.unfired()).toEqual([]);
    }
  });

  it.each(READ_FAULTS)("when the body of any one data blob is %s", async (_, fault, code) => {
    const data = (await needed).filter(({ kind }) => kind === "data");
    expect(data.length).toBeGreaterThan(5);
    for (const { key } of data) {
      const broken = store().on("open", fault, { key });
      expect([key, await outcomeOf(proveSnapshot(broken, { name, level: "contents" }))]).toEqual([key, code]);
      expect(broken.unfired()).toEqual([]);
    }
  });

  it("when the root is truncated, refused, or vanishes each time after it was listed", async () => {
    const { key } = (await needed).find(({ kind }) => kind === "root") as ClosureBlob;
    const faults: [BlobFault, number, string][] = [
      ["cut", 1, "transient"],
      [REFUSED, 1, "denied"],
      [NO_BUCKET, 1, "absent"],
      ["vanished", 3, "conflict"],
    ];
    for (const [fault, times, code] of faults) {
      const broken = store().on("get", fault, { key, times });
      expect(await outcomeOf(proveSnapshot(broken, { name, level: "names" }))).toBe(code);
      expect(broken.unfired()).toEqual([]);
    }
  });

  it("and is whole again once the faults are over", async () => {
    const broken = store().on("list", "cut", { key: "" }).on("list", "repeated", { key: "" });
    for (const expected of ["transient", "transient", "whole"])
      expect(await outcomeOf(proveSnapshot(broken, { name, level: "contents" }))).toBe(expected);
    expect(broken.unfired()).toEqual([]);
  });
});

/** True for the last part of a file with a recorded checksum, which holds the footer. */
function holdsFooter({ file, sizeBytes }: ClosureBlob): boolean {
  return file?.checksum !== undefined && file.part === file.parts - 1 && (sizeBytes ?? 0) > 0;
}

describe("a shard's file list that was exchanged for another snapshot's", () => {
  const { blobs } = fixtureRepository("es-7.10.2/repo");
  const root = JSON.parse(Buffer.from(blobs.get("index-5") as Uint8Array).toString());
  const idOf = (name: string): string => root.snapshots.find((one: { name: string }) => one.name === name).uuid;
  const index = Object.keys(root.indices).find((one) =>
    ["snap-1", "snap-3"].every((name) => root.indices[one].snapshots.includes(idOf(name))),
  );
  const { id } = root.indices[index ?? ""];
  const key = `indices/${id}/0/snap-${idOf("snap-3")}.dat`;
  const exchanged = new Map([...blobs, [key, blobs.get(`indices/${id}/0/snap-${idOf("snap-1")}.dat`) as Uint8Array]]);
  const fault = { key, check: "format", expected: "snapshot snap-3", found: "snapshot snap-1" };

  it.each(LEVELS)("is damage at level %s", async (level) => {
    const proof = await proveSnapshot(storeOf(exchanged), { name: "snap-3", level });
    expect([proof.verdict, proof.damaged, proof.closure]).toEqual(["damaged", [fault], undefined]);
    expect(await proveSnapshot(storeOf(exchanged), { name: "snap-1", level })).toMatchObject({ verdict: "whole" });
  });

  it("is damage for a copy and for an arrival that goes on shard by shard", async () => {
    const store = storeOf(exchanged);
    const opened = await openRepository(store);
    const catalogue = requireRoot(opened, store.url);
    const snapshot = catalogue.snapshots.find(({ name }) => name === "snap-3") as RootSnapshot;
    expect(await readClosure(store, catalogue, snapshot)).toMatchObject({ closure: undefined, damaged: [fault] });
    const progress = startProgress(new Date(), [{ id, shards: 1 }]);
    const shards = { store, root: catalogue, uuid: snapshot.uuid, deadline: () => false, lookedAt: new Date(), ledger: undefined };
    expect((await examineShards(shards, progress, { came: [], waiting: [] })).damaged).toEqual([fault]);
  });
});

describe("the file lists of real clusters", () => {
  it("name their snapshot in every version", async () => {
    let lists = 0;
    for (const { name: fixture, blobs } of fixtureRepositories()) {
      const store = storeOf(blobs);
      const { root } = await openRepository(store);
      for (const snapshot of root?.snapshots ?? []) {
        const { damaged } = await readClosure(store, root as RootCatalogue, snapshot);
        lists += 1;
        expect([fixture, snapshot.name, damaged.filter(({ expected }) => expected.startsWith("snapshot "))]).toEqual([
          fixture,
          snapshot.name,
          [],
        ]);
      }
    }
    expect(lists).toBeGreaterThan(30);
  });
});

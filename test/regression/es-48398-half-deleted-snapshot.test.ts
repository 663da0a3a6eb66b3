import { describe, expect, it } from "vitest";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

/**
 * elastic/elasticsearch#48398: one missing `snap-*.dat` blob, left by an interrupted deletion, made every listing of the repository fail.
 * ossnap reads the bucket itself: the affected snapshot is incomplete and names the blob, and every other snapshot keeps its verdict.
 */

const REPOSITORY = fixtureRepository("es-6.7.0/repo");
const HALF_DELETED = REPOSITORY.snapshots.find(({ snapshot }) => snapshot === "snap-2")?.uuid ?? "";
const MISSING = `snap-${HALF_DELETED}.dat`;

describe("a repository with a half-deleted snapshot", () => {
  it("loses only that snapshot", async () => {
    const verdictsOf = async (store: ReturnType<typeof storeOf>) =>
      (await proveChosen(store, { snapshot: "all", level: "footers" })).proofs.map(({ name, verdict }) => [name, verdict]);
    const store = storeOf(REPOSITORY.blobs);
    const before = await verdictsOf(store);
    expect(before).toContainEqual(["snap-2", "whole"]);
    await store.delete([MISSING]);
    expect(await verdictsOf(store)).toEqual(before.map(([name, verdict]) => [name, name === "snap-2" ? "incomplete" : verdict]));
  });

  it("names the missing blob", async () => {
    const store = storeOf(REPOSITORY.blobs);
    await store.delete([MISSING]);
    const { proofs } = await proveChosen(store, { snapshot: "snap-2", level: "names" });
    expect(proofs).toMatchObject([{ verdict: "incomplete", missing: [{ key: MISSING }] }]);
  });

  it("can still be surveyed, with every snapshot listed", async () => {
    const store = storeOf(REPOSITORY.blobs);
    const names = (await surveyRepository(store)).snapshots.map(({ name }) => name);
    await store.delete([MISSING]);
    expect((await surveyRepository(store)).snapshots.map(({ name }) => name).sort()).toEqual(names.sort());
  });
});

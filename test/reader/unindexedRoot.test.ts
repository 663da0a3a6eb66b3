import { describe, expect, it } from "vitest";
import { rootSeen } from "../../shared/plan/preflightRoot.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

/** Of the fixture without its first index; `named`: whether its snapshots still name that one by id. */
function withoutIndex(isNamed: boolean) {
  const blobs = new Map(fixtureRepository("es-7.10.2/repo").blobs);
  const key = [...blobs.keys()].find((one) => /^index-\d+$/.test(one)) ?? "";
  const root = JSON.parse(Buffer.from(blobs.get(key) ?? []).toString());
  const [name = ""] = Object.keys(root.indices);
  const { id } = root.indices[name];
  delete root.indices[name];
  if (!isNamed) for (const { index_metadata_lookup: lookup } of root.snapshots) delete lookup[id];
  blobs.set(key, Buffer.from(JSON.stringify(root)));
  return { store: storeOf(blobs), id, key };
}

describe("a root that lost an index which its snapshots name by id", () => {
  it("makes no snapshot whole, also none without that index, because no cluster reads anything of it", async () => {
    const { store, id, key } = withoutIndex(true);
    const { proofs, root } = await proveChosen(store, { snapshot: "all", level: "names" });
    const fault = { key, check: "format", expected: `an index with id ${id}`, found: "nothing" };
    const restorable = proofs.filter(({ verdict }) => verdict !== "not-restorable");
    expect(restorable.length).toBeGreaterThan(1);
    for (const { verdict, damaged } of restorable) expect([verdict, damaged]).toEqual(["damaged", expect.arrayContaining([fault])]);
    const survey = await surveyRepository(store);
    expect(new Set(survey.snapshots.map(({ condition }) => condition))).toEqual(new Set(["damaged"]));
    expect(survey.damaged).toContainEqual(fault);
    const name = root.snapshots[0]?.name ?? "";
    expect(rootSeen(root, { name }).unindexed).toMatchObject({ code: "root.unindexed", params: { root: key, count: 1, id } });
  });

  it("is no such root if they do not name it", async () => {
    const { root } = await openRepository(withoutIndex(false).store);
    expect(root && rootSeen(root, { name: root.snapshots[0]?.name ?? "" }).unindexed).toBeUndefined();
  });
});

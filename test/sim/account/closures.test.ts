import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { datedSnapshots } from "../../../shared/reader/rootSnapshots.ts";
import { fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { readClosure } from "../../reader/closures.ts";
import { CLOSURES_FILE, type RecordedClosures, type RecordedSnapshot, writtenStep } from "./written.ts";

const STEPS = [
  "es-5.5.2-migration/step1",
  "es-5.5.2-migration/step2",
  "es-5.5.2-multitype/repo",
  "es-5.5.3-reused-names/step1",
  "es-5.5.3-reused-names/step2",
];

/** What the reader finds in a step; `OSSNAP_GOLDEN=write` records it. */
async function recorded(step: string): Promise<RecordedSnapshot[]> {
  const { store, documents } = opened(step);
  const repository = await openRepository(store);
  if (!repository.root) throw new Error(`${step}: has no root`);
  const snapshots: RecordedSnapshot[] = [];
  for (const snapshot of await datedSnapshots(store, repository)) {
    const { closure } = await readClosure(store, repository.root, snapshot);
    if (!closure || !snapshot.startTime) throw new Error(`${step}: ${snapshot.name} is not whole`);
    const blobs: Record<string, string[]> = {};
    const ids = new Map(closure.indices.map(({ name, id }) => [id, name]));
    for (const { key } of closure.blobs) {
      if (/^index-\d+$/.test(key)) continue;
      const index = ids.get(/^indices\/([^/]+)\//.exec(key)?.[1] ?? "") ?? "";
      blobs[index] = [...(blobs[index] ?? []), key].sort();
    }
    const counted = documents[snapshot.uuid] ?? documents[snapshot.name];
    if (!counted) throw new Error(`${step}: nobody counted the documents of ${snapshot.name}`);
    snapshots.push({
      name: snapshot.name,
      uuid: snapshot.uuid,
      startTime: snapshot.startTime.toISOString(),
      documents: typeof counted === "number" ? { movies: counted } : counted,
      blobs,
    });
  }
  return snapshots.sort((a, b) => (a.startTime < b.startTime ? -1 : 1));
}

function opened(step: string) {
  const file = path.resolve("test/fixtures", step.split("/")[0] ?? "", "expected.json");
  const [expected] = [JSON.parse(readFileSync(file, "utf8"))].flat();
  const documents: Record<string, number | Record<string, number>> = expected.docs_by_uuid ?? expected.docs_at_snapshot;
  return { store: storeOf(fixtureRepository(step).blobs), documents };
}

describe("the independent account of what a real cluster wrote", () => {
  it("names for each snapshot the blobs that the reader finds, and the documents that the cluster counted", async () => {
    const all: RecordedClosures = {};
    for (const step of STEPS) all[step] = await recorded(step);
    if (process.env.OSSNAP_GOLDEN === "write") writeFileSync(CLOSURES_FILE, `${JSON.stringify(all, null, 1)}\n`);
    expect(JSON.parse(readFileSync(CLOSURES_FILE, "utf8"))).toEqual(all);
  });

  it("can give a snapshot the time of a wrong clock, with a valid checksum", async () => {
    const [first, last] = writtenStep("es-5.5.3-reused-names/step1").snapshots;
    const atMs = Date.parse("2027-11-05T03:04:05.678Z");
    const { blobs } = writtenStep("es-5.5.3-reused-names/step1", { [last?.uuid ?? ""]: atMs });
    const store = storeOf(blobs);
    const dated = await datedSnapshots(store, await openRepository(store));
    expect(dated.map(({ uuid, startTime }) => [uuid, startTime?.getTime()]).sort()).toEqual(
      [
        [first?.uuid, first?.startTime.getTime()],
        [last?.uuid, atMs],
      ].sort(),
    );
  });
});

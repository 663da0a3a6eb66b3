import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { rootGenerationOf } from "../../shared/format/keys.ts";
import { openRepository, readClosure } from "../../shared/reader/readRepository.ts";
import { datedSnapshots } from "../../shared/reader/rootSnapshots.ts";

/** Relative to the project's folder, because this code may be bundled elsewhere. */
const FIXTURES = path.resolve("test/fixtures");

export interface FixtureSnapshot {
  name: string;
  uuid: string;
  startTime: Date;
  /** The blobs it needs besides the root, key → bytes. */
  closure: ReadonlyMap<string, number>;
  /** Index → number of documents. */
  documents: Record<string, number>;
}

/** A repository written by a real cluster, at one point of its history. */
export interface FixtureStep {
  blobs: ReadonlyMap<string, Uint8Array>;
  rootKey: string;
  /** Ordered by start time. */
  snapshots: FixtureSnapshot[];
}

const known = new Map<string, Promise<FixtureStep>>();

/** Loads a step such as `es-5.5.2-migration/step1` once. */
export function fixtureStep(name: string): Promise<FixtureStep> {
  const step = known.get(name) ?? load(name);
  known.set(name, step);
  return step;
}

async function load(name: string): Promise<FixtureStep> {
  const folder = path.join(FIXTURES, name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const blobs = new Map<string, Uint8Array>();
  for (const entry of files) {
    const file = path.join(entry.parentPath, entry.name);
    blobs.set(path.relative(folder, file), new Uint8Array(readFileSync(file)));
  }
  const expected = JSON.parse(readFileSync(path.join(FIXTURES, name.split("/")[0] ?? "", "expected.json"), "utf8"));
  const bucket = new Map([...blobs].map(([key, bytes]) => [key, { bytes, lastModified: new Date(0), etag: "fixture" }]));
  const store = memoryBlobStore({ bucket });
  const opened = await openRepository(store);
  if (!opened.root) throw new Error(`${name}: has no root`);
  const snapshots: FixtureSnapshot[] = [];
  for (const snapshot of await datedSnapshots(store, opened)) {
    const { closure } = await readClosure(store, opened.root, snapshot);
    if (!closure || !snapshot.startTime) throw new Error(`${name}: ${snapshot.name} is not whole`);
    snapshots.push({
      name: snapshot.name,
      uuid: snapshot.uuid,
      startTime: snapshot.startTime,
      closure: new Map(closure.blobs.filter(({ key }) => !isRootKey(key)).map(({ key, sizeBytes }) => [key, sizeBytes ?? 0])),
      documents: expected.docs_at_snapshot[snapshot.name],
    });
  }
  snapshots.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  return { blobs, rootKey: opened.root.key, snapshots };
}

const isRootKey = (key: string) => rootGenerationOf(key) !== undefined;

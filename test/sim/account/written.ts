import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { withStartTime } from "./startTime.ts";

/** Relative to the project's folder, because this code may be bundled elsewhere. */
const FIXTURES = path.resolve("test/fixtures");
/** What each snapshot of a fixture needs, recorded once, so that no fault in the reader can hide behind itself. */
export const CLOSURES_FILE = path.resolve("test/sim/account/closures.json");

export interface RecordedSnapshot {
  name: string;
  uuid: string;
  startTime: string;
  /** Index → number of documents, as the cluster that wrote the snapshot counted them. */
  documents: Record<string, number>;
  /** Index → keys of its blobs; under an empty name those that every restore needs. */
  blobs: Record<string, string[]>;
}

/** Step → its snapshots, ordered by start time. */
export type RecordedClosures = Record<string, RecordedSnapshot[]>;

/** A snapshot as the cluster wrote it. */
export interface WrittenSnapshot {
  name: string;
  uuid: string;
  startTime: Date;
  documents: Record<string, number>;
  /** Key → bytes of everything that a restore of this index reads, or of all indices. */
  blobsOf(index?: string): ReadonlyMap<string, Uint8Array>;
}

/** A repository written by a real cluster, at one point of its history. */
export interface WrittenStep {
  blobs: ReadonlyMap<string, Uint8Array>;
  rootKey: string;
  /** In the order in which they were taken. */
  snapshots: WrittenSnapshot[];
}

const known = new Map<string, WrittenStep>();

/** Loads a step such as `es-5.5.2-migration/step1` once; `clockAt` gives snapshots another start time, as from a wrong clock. */
export function writtenStep(name: string, clockAt: Readonly<Record<string, number>> = {}): WrittenStep {
  const key = JSON.stringify([name, clockAt]);
  const step = known.get(key) ?? load(name, clockAt);
  known.set(key, step);
  return step;
}

function load(name: string, clockAt: Readonly<Record<string, number>>): WrittenStep {
  const folder = path.join(FIXTURES, name);
  const blobs = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    blobs.set(path.relative(folder, file), new Uint8Array(readFileSync(file)));
  }
  for (const [uuid, timeMs] of Object.entries(clockAt)) {
    const key = `snap-${uuid}.dat`;
    const bytes = blobs.get(key);
    if (bytes) blobs.set(key, withStartTime(bytes, timeMs));
  }
  const recorded = (JSON.parse(readFileSync(CLOSURES_FILE, "utf8")) as RecordedClosures)[name];
  if (!recorded) throw new Error(`${name}: ${CLOSURES_FILE} says nothing of it`);
  return { blobs, rootKey: newestRoot(blobs), snapshots: recorded.map((one) => written(one, blobs, clockAt[one.uuid])) };
}

function written(
  { name, uuid, startTime, documents, blobs: keys }: RecordedSnapshot,
  blobs: ReadonlyMap<string, Uint8Array>,
  startMs: number | undefined,
): WrittenSnapshot {
  const sets = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const blobsOf = (index: string | undefined) => {
    const wanted = Object.entries(keys).filter(([of]) => of === "" || index === undefined || of === index);
    return new Map(wanted.flatMap(([, list]) => list.map((key) => [key, blobs.get(key) as Uint8Array] as const)));
  };
  return {
    name,
    uuid,
    startTime: startMs === undefined ? new Date(startTime) : new Date(startMs),
    documents,
    blobsOf(index) {
      const set = sets.get(index ?? "") ?? blobsOf(index);
      sets.set(index ?? "", set);
      return set;
    },
  };
}

export function newestRoot(blobs: ReadonlyMap<string, unknown>): string {
  const generations = [...blobs.keys()].flatMap((key) => /^index-(\d+)$/.exec(key)?.[1] ?? []).map(Number);
  return `index-${Math.max(...generations)}`;
}

/** The snapshots that a root lists, read without the product's own code. */
export function listedIn(root: Uint8Array | undefined): { name: string; uuid: string }[] {
  return root === undefined ? [] : JSON.parse(new TextDecoder().decode(root)).snapshots;
}

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { versionName } from "../../shared/format/version.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** A snapshot as reported by the cluster that wrote it. */
export interface ExpectedSnapshot {
  snapshot: string;
  uuid?: string;
  version: string;
  state: string;
  indices: string[];
  failures: unknown[];
  shards: { total: number; successful: number };
}

interface Expected {
  snapshots?: { snapshots: ExpectedSnapshot[] };
  status?: Record<string, { snapshots?: ExpectedStatus[] }>;
  docs_at_snapshot?: Record<string, Record<string, number>>;
}

export interface ExpectedStatus {
  stats: { number_of_files: number; total_size_in_bytes: number; total?: { file_count: number; size_in_bytes: number } };
}

export interface FixtureRepository {
  /** `es-9.2.0/repo` */
  name: string;
  blobs: ReadonlyMap<string, Uint8Array>;
  snapshots: ExpectedSnapshot[];
  status: Record<string, ExpectedStatus | undefined>;
  documents: Record<string, Record<string, number>>;
}

/** Every repository among the fixtures. All were written by real clusters; `expected.json` holds what those clusters reported. */
export function fixtureRepositories(): FixtureRepository[] {
  const fixtures = folders(FIXTURES).filter((folder) => existsSync(path.join(FIXTURES, folder, "expected.json")));
  return fixtures.flatMap((fixture) => {
    const expected = JSON.parse(readFileSync(path.join(FIXTURES, fixture, "expected.json"), "utf8"));
    return folders(path.join(FIXTURES, fixture)).map((step) => load(fixture, step, expectedOf(expected, step)));
  });
}

export function fixtureRepository(name: string): FixtureRepository {
  const repository = fixtureRepositories().find((candidate) => candidate.name === name);
  if (repository === undefined) throw new Error(`${name}: no such fixture`);
  return repository;
}

/** A store with its own copies of the blobs, so that a test can corrupt them. */
export function storeOf(blobs: ReadonlyMap<string, Uint8Array>): BlobStore {
  const lastModified = new Date(0);
  const etagOf = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
  const bucket: MemoryBucket = new Map([...blobs].map(([key, bytes]) => [key, { bytes, lastModified, etag: etagOf(bytes) }]));
  return memoryBlobStore({ bucket });
}

function load(fixture: string, step: string, expected: Expected): FixtureRepository {
  const root = path.join(FIXTURES, fixture, step);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const keys = files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  return {
    name: `${fixture}/${step}`,
    blobs: new Map(keys.map((key) => [key, readFileSync(path.join(root, key))])),
    snapshots: (expected.snapshots?.snapshots ?? []).map((snapshot) => ({ ...snapshot, version: releaseOf(snapshot.version) })),
    status: Object.fromEntries(Object.entries(expected.status ?? {}).map(([name, { snapshots }]) => [name, snapshots?.[0]])),
    documents: expected.docs_at_snapshot ?? {},
  };
}

/** Servers from 8.12 on show an index version as a number, as the releases that share it (`8.15.0-8.15.3`), or as the first of them. */
function releaseOf(version: string): string {
  return /^\d+$/.test(version) ? versionName(Number(version)) : version.replace(/-.*$/, "");
}

/** The chain's file is a list with one entry per writing version; the other files hold one object for the final state of the repository. */
function expectedOf(expected: unknown, step: string): Expected {
  if (!Array.isArray(expected)) return expected as Expected;
  const version = step.slice(step.indexOf("-") + 1);
  return { snapshots: expected.find(({ es }) => es === version).all_after[1] };
}

function folders(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

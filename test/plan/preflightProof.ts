import type { ClusterIndex } from "../../shared/model/cluster.ts";
import type { ClosureIndex, SnapshotProof } from "../../shared/model/repository.ts";
import { restoredIndexName, timeDigits } from "../../shared/model/restoredName.ts";
import type { PreflightInput } from "../../shared/plan/preflight.ts";

export const START = new Date("2026-11-21T01:00:06.531Z");

export const held = (name: string, change: Partial<ClosureIndex> = {}): ClosureIndex => ({
  name,
  id: "id",
  shards: 2,
  replicas: 1,
  createdVersion: "5.5.2",
  documents: 3,
  bytes: 10,
  mappingTypes: ["movie"],
  aliases: [],
  settings: {},
  failedShards: [],
  ...change,
});

export function proofOf(indices: ClosureIndex[], change: Partial<SnapshotProof> = {}, version = "5.5.2"): SnapshotProof {
  const snapshot = {
    name: "snap-1",
    uuid: "u",
    state: "SUCCESS" as const,
    version,
    indices: indices.map(({ name }) => name),
    startTime: START,
    endTime: START,
    shards: { total: 2, successful: 2 },
    failures: [],
    failureReason: undefined,
  };
  const closure = { snapshot, generation: 0, rootKey: "index-0", rootSha256: "", blobs: [], bytes: 0, digest: "", indices };
  return {
    verdict: "whole",
    level: "footers",
    name: "snap-1",
    uuid: "u",
    generation: 0,
    rootSha256: "",
    closure,
    blobs: 1,
    bytes: 1,
    missing: [],
    damaged: [],
    reason: undefined,
    requests: { list: 0, get: 0, head: 0 },
    ...change,
  };
}

export const nameFor = (index: string, start = START) =>
  restoredIndexName({ index, snapshotUuid: "u", snapshotStart: start, purpose: "films", attempt: 1, targetMajor: 5 });

export const JOB = "restore-0123456789abcdef";
export const NOW = new Date("2026-11-28T00:00:00Z");

/** An index of the target. */
export const existing = (name: string, change: Partial<ClusterIndex> = {}): ClusterIndex => ({
  name,
  uuid: `uuid-${name}`,
  state: "open",
  aliases: [],
  shards: 2,
  replicas: 0,
  createdVersion: "5.5.2",
  settings: {},
  ...change,
});

/** The restore of movies from a proven snapshot behind the alias films of an empty cluster. */
export function inputOf(change: Partial<PreflightInput> = {}): PreflightInput {
  return {
    proof: proofOf([held("movies")]),
    indices: ["movies"],
    alias: "films",
    targetVersion: "5.5.3",
    existing: [],
    nameFor,
    snapshotDigits: timeDigits(START),
    jobId: JOB,
    now: NOW,
    ...change,
  };
}

import type { RestoreRequest } from "../../model/cluster.ts";
import type { StreamRequest } from "../../model/snapshots/streams.ts";
import type { MemorySnapshot } from "./clusterPlaces.ts";
import { readRoot } from "./clusterReading.ts";
import { isBefore, type MemoryClusterState, refuse } from "./clusterState.ts";

type Asked = Pick<RestoreRequest, "repository" | "snapshot">;

export function snapshotOf(state: MemoryClusterState, { repository, snapshot }: Asked): MemorySnapshot | undefined {
  return readRoot(state, repository).find(({ name }) => name === snapshot);
}

/** Measured: of a snapshot without the state 5.5.3 and 7.10.2 remove all settings, and 8.17.0 refuses; an absent feature is refused. */
export function requireState(state: MemoryClusterState, request: RestoreRequest): void {
  const { globalState, features } = request.state ?? {};
  const held = snapshotOf(state, request);
  if (features !== undefined && isBefore(state.version, 7, 12))
    throw refuse(state, "refused", "malformed restore request: unknown parameter [feature_states]");
  const absent = (features ?? []).filter((name) => !held?.featureStates?.includes(name));
  if (absent.length > 0) throw refuse(state, "invalid", `requested feature states [[${absent.join(", ")}]] are not present in snapshot`);
  if (globalState && held && held.settings === undefined && !isBefore(state.version, 8, 0))
    throw refuse(state, "invalid", "cannot restore global state since the snapshot was created without global state");
  if (request.state) requireFree(state, request.as);
}

export function requireFree(state: MemoryClusterState, name: string): void {
  if (state.indices.get(name)?.state === "open")
    throw refuse(state, "conflict", `cannot restore index [${name}] because an open index with same name already exists`);
}

export function featureIndices(state: MemoryClusterState, request: RestoreRequest): string[] {
  if (!request.state?.features?.includes("tasks")) return [];
  return [...(snapshotOf(state, request)?.held ?? [])].flatMap(([name, { system }]) => (system ? [name] : []));
}

/** Measured on 8.17.0: all indices of the feature go, also those that the snapshot lacks. */
export function dropFeature(state: MemoryClusterState, { state: asked }: RestoreRequest): void {
  if (!asked?.features?.includes("tasks")) return;
  for (const name of [...state.indices.keys()].filter((one) => one.startsWith(".tasks"))) state.indices.delete(name);
}

export function requireStreams(state: MemoryClusterState): void {
  if (isBefore(state.version, 7, 9)) throw refuse(state, "invalid", "no handler found for uri [/_data_stream]");
}

const BACKING_PREFIX = ".ds-";

/** By the request's pattern: what is named after the stream gets the stream's new name. */
export function backingOf(state: MemoryClusterState, request: StreamRequest): { index: string; as: string }[] {
  const { stream, as } = request;
  const held = [...(snapshotOf(state, request)?.held ?? [])].filter(([, { dataStream }]) => dataStream === stream);
  if (held.length === 0 || isBefore(state.version, 7, 9))
    throw refuse(state, "invalid", `[${request.repository}:${request.snapshot}] the snapshot holds no data stream ${stream}`);
  return held.map(([index]) => {
    const prefix = index.startsWith(BACKING_PREFIX) ? BACKING_PREFIX : "";
    const rest = index.slice(prefix.length);
    return { index, as: rest.startsWith(stream) ? prefix + as + rest.slice(stream.length) : index };
  });
}

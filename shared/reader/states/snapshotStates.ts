import { decodeGlobalMetadata, type GlobalMetadata } from "../../format/globalMetadata.ts";
import { globalMetadataKey } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { ClosureIndex, RootCatalogue, RootSnapshot, SnapshotRecord } from "../../model/repository.ts";
import { metadataReader } from "../metadataReader.ts";
import { streamClosure } from "../prove/streamClosure.ts";
import { readRecord } from "../readIndices.ts";

/** What a snapshot holds beside its indices; `undefined` if the blob is missing or damaged. */
export function snapshotState(store: BlobStore, snapshot: string): Promise<GlobalMetadata | undefined> {
  return metadataReader(store).read(globalMetadataKey(snapshot), decodeGlobalMetadata);
}

/** A snapshot's own record, and its indices; of a broken snapshot the parts that could be read. */
export interface SnapshotIndices {
  record: SnapshotRecord | undefined;
  indices: readonly ClosureIndex[];
}

/** @param deadline returns true when time is up; then no indices are known. */
export async function snapshotIndices(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  deadline: () => boolean,
): Promise<SnapshotIndices> {
  const reader = metadataReader(store);
  const record = await readRecord(reader, snapshot);
  const { closure } = await streamClosure(reader, { root, snapshot, record }, { deadline });
  return { record, indices: closure?.indices ?? [] };
}

/** Of one snapshot, without its indices. */
export async function statesIn(
  store: BlobStore,
  snapshot: RootSnapshot,
): Promise<{ state: GlobalMetadata | undefined; features: readonly string[] }> {
  const record = await readRecord(metadataReader(store), snapshot);
  return { state: await snapshotState(store, snapshot.uuid), features: (record?.featureStates ?? []).map(({ feature }) => feature) };
}

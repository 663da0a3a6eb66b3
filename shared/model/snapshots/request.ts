/** What one snapshot is asked to contain. */
export interface SnapshotRequest {
  /** Exact names of indices and, from 7.9 on, of data streams; at least one. */
  indices: string[];
  metadata: Record<string, unknown>;
  globalState?: boolean;
  /** Goes on although a primary shard is missing; such a snapshot ends PARTIAL. */
  partial?: boolean;
  /** From 7.12 on; earlier versions ignore it silently (measured on 5.5 and 7.10), so callers check the version. */
  featureStates?: readonly string[];
}

/** The body of `PUT _snapshot/<repository>/<snapshot>`, shared by the request and its preview. */
export function snapshotBody({ indices, metadata, globalState = false, partial = false, featureStates }: SnapshotRequest) {
  return {
    indices,
    ignore_unavailable: false,
    include_global_state: globalState,
    partial,
    ...(featureStates === undefined ? {} : { feature_states: [...featureStates] }),
    metadata,
  };
}

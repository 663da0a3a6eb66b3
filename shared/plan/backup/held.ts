import type { ClusterSnapshot } from "../../model/cluster.ts";

/** What a backup planned to contain. */
export interface Planned {
  indices: readonly string[];
  streams: readonly string[];
  /** The request takes states of features along, or the global state that implies them; their indices begin with a dot. */
  withFeatures: boolean;
}

type Held = Pick<ClusterSnapshot, "indices" | "dataStreams">;

/**
 * Whether a snapshot contains everything that was planned, and nothing else. A stream may have rolled over between the plan and the snapshot, so
 * that a further backing index of it is no stranger. A snapshot lists only the features that have an index (measured on 8.17), so that one less
 * is no loss; unknown features are refused before the request.
 */
export function holdsPlan(snapshot: Held, planned: Planned): boolean {
  const { indices, dataStreams = [] } = snapshot;
  const isPlanned = new Set(planned.indices);
  const isHeld = new Set(indices);
  if (planned.indices.some((name) => !isHeld.has(name))) return false;
  if (planned.streams.some((name) => !dataStreams.includes(name)) || dataStreams.length !== planned.streams.length) return false;
  return indices.every(
    (name) => isPlanned.has(name) || isOfStream(name, planned.streams) || (planned.withFeatures && name.startsWith(".")),
  );
}

function isOfStream(index: string, streams: readonly string[]): boolean {
  return streams.some(
    (stream) => index.startsWith(`.ds-${stream}-`) && /^(?:\d{4}\.\d{2}\.\d{2}-)?\d{6}$/.test(index.slice(`.ds-${stream}-`.length)),
  );
}

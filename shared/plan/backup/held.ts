import type { ClusterSnapshot } from "../../model/cluster.ts";

/** What a backup planned to contain. */
export interface Planned {
  indices: readonly string[];
  streams: readonly string[];
  /** The request takes states of features along, or the global state that implies them; their indices begin with a dot. */
  withFeatures: boolean;
  featureStates: readonly string[];
}

type Held = Pick<ClusterSnapshot, "indices" | "dataStreams" | "featureStates">;

/**
 * Whether a snapshot contains everything that was planned, and nothing else. A stream may have rolled over between the plan and the snapshot, so
 * that a further backing index of it is no stranger.
 */
export function holdsPlan(snapshot: Held, planned: Planned): boolean {
  const { indices, dataStreams = [], featureStates = [] } = snapshot;
  const isPlanned = new Set(planned.indices);
  const isHeld = new Set(indices);
  if (planned.indices.some((name) => !isHeld.has(name))) return false;
  if (planned.streams.some((name) => !dataStreams.includes(name)) || dataStreams.length !== planned.streams.length) return false;
  if (planned.featureStates.some((name) => !featureStates.includes(name))) return false;
  return indices.every(
    (name) => isPlanned.has(name) || isOfStream(name, planned.streams) || (planned.withFeatures && name.startsWith(".")),
  );
}

function isOfStream(index: string, streams: readonly string[]): boolean {
  return streams.some(
    (stream) => index.startsWith(`.ds-${stream}-`) && /^(?:\d{4}\.\d{2}\.\d{2}-)?\d{6}$/.test(index.slice(`.ds-${stream}-`.length)),
  );
}

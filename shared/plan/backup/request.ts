import type { BackupPolicy } from "../../model/config.ts";
import type { SnapshotRequest } from "../../model/snapshots/request.ts";

/** Metadata has 1024 bytes in all; the policy's own is bounded by its check. */
const WHO_CHARACTERS_MAX = 60;

export interface Mark {
  names: string[];
  policy: string;
  slot: string;
  job: string;
  by: string;
  because?: string | undefined;
  /** Of ossnap. */
  version: string;
}

/** The request of a policy, for a run and for its preview. Metadata is dropped silently before 7.3; the job's record has it too. */
export function requestOf(policy: BackupPolicy, { names, policy: name, slot, job, by, because, version }: Mark): SnapshotRequest {
  const { metadata, globalState = false, partial = false, featureStates } = policy;
  return {
    indices: names,
    globalState,
    partial,
    ...(featureStates === undefined ? {} : { featureStates }),
    metadata: {
      ...metadata,
      ossnap: { policy: name, slot, job, by: by.slice(0, WHO_CHARACTERS_MAX), ...(because === undefined ? {} : { because }), version },
    },
  };
}

import type { ClusterSnapshot } from "../model/cluster.ts";
import { parseSnapshotName, type SnapshotNameParts } from "../model/snapshotName.ts";
import { keepsMetadata } from "./versions.ts";

/** Id of the job that requested a snapshot, by its metadata; absent before 7.3. */
export function requestedBy({ metadata }: Pick<ClusterSnapshot, "metadata">): unknown {
  return (metadata?.ossnap as { job?: unknown } | null | undefined)?.job;
}

/** `named`: has a name like ours, but not the metadata that ossnap would have stored. */
export type Ownership = { parts: SnapshotNameParts; by: "us" | "named" } | undefined;

/**
 * Whether a policy wrote a snapshot. Versions from 7.3 on store our metadata, so a name alone proves nothing there: a person may have copied
 * it. Earlier versions silently drop metadata; there the name with the mark of cluster and policy decides.
 */
export function ownershipOf(snapshot: Pick<ClusterSnapshot, "name" | "version" | "metadata">, policy: string, mark: string): Ownership {
  const parts = parseSnapshotName(snapshot.name);
  if (parts?.policy !== policy || parts.mark !== mark) return undefined;
  if (!keepsMetadata(snapshot.version)) return { parts, by: "us" };
  const ours = snapshot.metadata?.ossnap as { policy?: unknown; slot?: unknown } | null | undefined;
  return { parts, by: ours?.policy === policy && ours.slot === parts.slot ? "us" : "named" };
}

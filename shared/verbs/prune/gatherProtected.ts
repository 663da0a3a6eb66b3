import type { OpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { ClusterIndex, ClusterSnapshot } from "../../model/cluster.ts";
import type { Place } from "../../model/config.ts";
import { messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { mountsSnapshots } from "../../plan/versions.ts";
import { isSamePlace } from "../../repository/place.ts";
import { isExpired, pinnedId, pinReason, pinsOf } from "../pins/gather.ts";

/** Snapshots that are pinned or needed by an open job, such as a copy that reads them or a restore. */
export async function protectedSnapshots(
  world: World,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
  work: OpenWork,
): Promise<Map<string, Reason>> {
  const now = world.clock.now();
  const pins = await pinsOf(world, repository);
  const found = new Map<string, Reason>();
  const here = world.config.repositories[repository]?.blobs;
  for (const { name, uuid } of snapshots) {
    const pin = pins.get(pinnedId({ name, uuid }));
    if (pin && !isExpired(pin, now)) found.set(name, pinReason(pin));
    const needs = work.jobs.find((job) => needsSnapshot(job, uuid ?? name) || verifies(job, here, name));
    if (needs) found.set(name, reason("keep.needed", { job: needs.id }));
  }
  return found;
}

/** A restore also needs the snapshot that holds what it overwrites or replaces, which its plan names. */
function needsSnapshot({ kind, intent, head }: Job, uuid: string): boolean {
  if (kind === "prune" || kind === "backup") return false;
  return mentions(intent.input, uuid) || (kind === "restore" && mentions((head.data as { targets?: unknown }).targets ?? [], uuid));
}

/** Why nothing may be deleted while an open job cannot be read: it may need any snapshot. */
export function unreadJob({ unread: [first] }: OpenWork): Reason | undefined {
  return first && reason("prune.jobUnread", { job: first.id, message: first.message, key: first.key });
}

/** A verification keeps what it was asked for by name too: its proof of a snapshot that is gone fails. */
function verifies({ kind, intent }: OpenWork["jobs"][number], here: Place | undefined, name: string): boolean {
  if (kind !== "verification" || !here) return false;
  const { snapshot, place } = intent.input as { snapshot: string; place: Place };
  return snapshot === name && isSamePlace(place, here);
}

function mentions(input: unknown, uuid: string): boolean {
  return JSON.stringify(input).includes(JSON.stringify(uuid));
}

export interface Mounts {
  /** Snapshot uuid → why it is kept. */
  mounted: Map<string, Reason>;
  /** Set when a cluster could not be asked: it may have mounted any snapshot. */
  unknown: Reason | undefined;
}

/** The snapshots that these indices are mounted on, by uuid: `index.store.snapshot.*` of searchable snapshots. */
export function mountsOf(cluster: string, indices: readonly ClusterIndex[]): Map<string, Reason> {
  return new Map(
    indices.flatMap(({ name, settings }) => {
      const uuid = settings["store.snapshot.snapshot_uuid"];
      return uuid === undefined ? [] : [[uuid, reason("keep.mounted", { cluster, index: name })] as const];
    }),
  );
}

/**
 * The snapshots that an index of another configured cluster is mounted on. Elasticsearch 7.10 and later serve such an index from the repository
 * and do not refuse to delete its snapshot.
 */
export async function mountsElsewhere(world: World, own: string): Promise<Mounts> {
  const mounted = new Map<string, Reason>();
  let unknown: Reason | undefined;
  for (const name of Object.keys(world.config.clusters).filter((cluster) => cluster !== own)) {
    try {
      for (const [uuid, why] of await readMounts(world, name)) mounted.set(uuid, why);
    } catch (error) {
      unknown ??= reason("prune.mountsUnknown", { cluster: name, message: messageOf(error) });
    }
  }
  return { mounted, unknown };
}

async function readMounts(world: World, name: string): Promise<Map<string, Reason>> {
  const cluster = world.cluster(name);
  return mountsSnapshots((await cluster.info()).version) ? mountsOf(name, await cluster.listIndices()) : new Map();
}

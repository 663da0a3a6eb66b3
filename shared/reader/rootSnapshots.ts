import { snapshotKey } from "../format/keys.ts";
import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import { recordsBudget } from "../model/memory/decodeBudget.ts";
import { reason } from "../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../model/repository.ts";
import { believedTimes, slotMsOf } from "../plan/snapshotOrder.ts";
import { meantText, nearNames } from "../repository/fault.ts";
import { metadataReader } from "./metadataReader.ts";
import { readRecord } from "./readIndices.ts";
import type { OpenedRepository } from "./readRepository.ts";

/** A mark that identifies a root without reading it; another object with the same generation has another mark. */
export function rootMark(generation: number, info: BlobInfo): string {
  return `${generation}-${shortHash(16, info.key, info.etag ?? "", String(info.sizeBytes), info.lastModified?.toISOString() ?? "")}`;
}

/** A snapshot of the root whose own blob may have been read. */
export interface DatedSnapshot extends RootSnapshot {
  /** Why that blob cannot be read although it is there. */
  damage?: string;
}

/** From so many reads on, one listing of the blobs that exist saves more than it costs. */
const LISTED_FROM = 1_000;

/**
 * The root's snapshots with state and start time. Roots before 7.17 lack them, so each snapshot's own small blob is read.
 * `startTime` stays undefined while that blob is missing, and both for a faulty entry and for an uuid that no file name holds.
 */
export async function datedSnapshots(store: BlobStore, { root }: OpenedRepository): Promise<DatedSnapshot[]> {
  const dated: DatedSnapshot[] = (root?.snapshots ?? []).map((snapshot) => ({ ...snapshot, ...(isStorable(snapshot) ? {} : UNKNOWN) }));
  const reader = metadataReader(store, undefined);
  const records = recordsBudget();
  const unread = dated.filter((snapshot) => isStorable(snapshot) && (snapshot.startTime === undefined || snapshot.state === undefined));
  await forEachBounded(unread.length < LISTED_FROM ? unread : await existing(store, unread), READS_AT_ONCE, async (snapshot) => {
    const record = await readRecord(reader, snapshot, records);
    snapshot.startTime ??= record?.startTime;
    snapshot.state ??= record?.state;
  });
  const damages = new Map(reader.damaged.map(({ key, found }) => [key, found]));
  for (const snapshot of unread) {
    const damage = damages.get(snapshotKey(snapshot.uuid));
    if (damage !== undefined) snapshot.damage = damage;
  }
  return dated;
}

/** Those whose own blob is listed: a root that waits for thousands of blobs is looked at in every tick. */
async function existing(store: BlobStore, snapshots: readonly DatedSnapshot[]): Promise<DatedSnapshot[]> {
  const byKey = new Map(snapshots.map((snapshot) => [snapshotKey(snapshot.uuid), snapshot]));
  const found: DatedSnapshot[] = [];
  for await (const { key } of store.list(SNAPSHOT_KEYS)) {
    const snapshot = byKey.get(key);
    if (snapshot) found.push(snapshot);
  }
  return found;
}

/** File systems limit a name to this; Elasticsearch's own uuids have 22 characters, and those of 2.x are the snapshots' names. */
const UUID_BYTES_MAX = 255 - "snap-.dat".length;
/** The beginning of all of them. */
const SNAPSHOT_KEYS = "snap-";
const UNKNOWN = { state: undefined, startTime: undefined };

/** Whether the snapshot's own blob can be read: its entry in the root is no faulty one, and a store can hold the blob. */
export function isStorable({ uuid, fault }: Pick<RootSnapshot, "uuid" | "fault">): boolean {
  return fault === undefined && Buffer.byteLength(uuid) <= UUID_BYTES_MAX;
}

/**
 * Good snapshots, newest first as far as their times can be believed. One without a known start is sorted by the slot in its name, or
 * first, since it may be the newest.
 */
export function newestGoodFirst(snapshots: readonly RootSnapshot[], now: Date | undefined): RootSnapshot[] {
  const believed = believedTimes(snapshots, now);
  const timeOf = (snapshot: RootSnapshot) => believed.get(snapshot) ?? slotMsOf(snapshot, now) ?? Number.MAX_SAFE_INTEGER;
  return snapshots.filter(({ state }) => state === "SUCCESS").sort((a, b) => timeOf(b) - timeOf(a));
}

/** Names the newest good snapshot wherever a person names one. */
export const LATEST = "latest";

/**
 * The one snapshot that a person named: by its name, by `latest`, or by its uuid where a name is not enough.
 * @param dated the root's snapshots with state and start time.
 * @param now the store's clock; a time ahead of it does not make a snapshot the newest.
 * @throws AppError `invalid` when there is none or more than one, also when a snapshot that is called "latest" is not the newest good one.
 */
export function namedSnapshot({ key }: RootCatalogue, dated: readonly RootSnapshot[], wanted: string, now: Date | undefined): RootSnapshot {
  const newest = wanted === LATEST ? newestGoodFirst(dated, now)[0] : undefined;
  const named = dated.filter((snapshot) => snapshot.name === wanted || snapshot === newest);
  const fitting = named.length > 0 ? named : dated.filter(({ uuid }) => uuid === wanted);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (only === undefined && wanted === LATEST)
    throw new AppError("invalid", `snapshot latest: ${key} lists no good one`, { reason: reason("snapshot.noneGood", { root: key }) });
  if (only === undefined) throw notListed(key, wanted, dated);
  throw ambiguous(key, wanted, fitting);
}

/** Of snapshots that share a name; a hostile root has a hundred thousand. */
const UUIDS_NAMED_MAX = 20;

/** The error for a name that several snapshots of the root have. */
export function ambiguous(root: string, wanted: string, fitting: readonly RootSnapshot[]): AppError {
  const uuids = fitting.slice(0, UUIDS_NAMED_MAX).map(({ uuid }) => uuid);
  const more = fitting.length > uuids.length ? " or another one" : "";
  const message = `snapshot ${wanted}: ${root} lists ${fitting.length} snapshots of that name or uuid; give the uuid: ${uuids.join(" or ")}${more}`;
  return new AppError("invalid", message, { reason: reason("snapshot.ambiguous", { snapshot: wanted, root, uuids }) });
}

/** The error for a snapshot that a person named and the root does not list; it proposes names of the root. */
export function notListed(root: string, wanted: string, listed: readonly RootSnapshot[]): AppError {
  const near = nearNames(
    wanted,
    listed.map(({ name }) => name),
  );
  return new AppError("invalid", `snapshot ${wanted}: ${root} does not list it${meantText(near)}`, {
    reason: reason("snapshot.notListed", { snapshot: wanted, root, near }),
  });
}

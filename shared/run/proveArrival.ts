import { compareKeys } from "../format/keys.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, RootSnapshot, SnapshotProof } from "../model/repository.ts";
import { type ArrivalProgress, concludeLook, isProven, markFaults, rebase, startProgress } from "../proof/arrivalProgress.ts";
import { metadataKeyOf } from "../proof/closure.ts";
import { examineShards, readLayout, type Shards } from "./examineShards.ts";
import { forEachBounded } from "./forEachBounded.ts";
import { proveSnapshot } from "./proveSnapshot.ts";
import { type OpenedRepository, READS_AT_ONCE } from "./readRepository.ts";

export interface ArrivalLookOptions {
  /** As it was opened for this look; its root names the snapshot. */
  opened: OpenedRepository & { root: RootCatalogue };
  snapshot: RootSnapshot;
  indices: readonly string[];
  /** What the last look left; undefined at the first. */
  before: ArrivalProgress | undefined;
  /** Keys of probes that are there now, and probes that are still missing. */
  came: readonly string[];
  waiting: readonly MissingBlob[];
  /** True when this invocation's time is up. */
  deadline: () => boolean;
  now: Date;
}

export interface ArrivalLook {
  /** There only when the verdict is `whole` or `not-restorable`: the last word. */
  proof: SnapshotProof | undefined;
  progress: ArrivalProgress;
  /** What this look found missing or knows to be, sorted by key; not everything that is missing. */
  missing: MissingBlob[];
  damaged: DamagedBlob[];
  /** True when the next look goes on at once: time ran out, or the root moved meanwhile. */
  again: boolean;
}

/**
 * One look at a copy in progress. The first one proves the whole snapshot, or learns which shards are; later ones look only at shards that are not
 * proven, and once there are none left the whole proof has the last word.
 * @throws whatever `proveSnapshot` throws; then nothing new is known.
 */
export async function proveArrival(store: BlobStore, options: ArrivalLookOptions): Promise<ArrivalLook> {
  const { before, waiting, came, now } = options;
  let cut = false;
  const deadline = (): boolean => {
    cut ||= options.deadline();
    return cut;
  };
  const shards: Shards = { store, root: options.opened.root, uuid: options.snapshot.uuid, deadline };
  const look = before ? await goOn(shards, structuredClone(before), { came, waiting }) : undefined;
  const last = look && !isProven(look.progress) ? look : await lastWord(shards, options, look?.progress);
  concludeLook(before, last.progress, now);
  // A root that moves under every look is waited out like everything else.
  const again = cut || (last.again === true && last.progress.idleLooks === 0);
  return { proof: undefined, ...last, missing: [...last.missing].sort((left, right) => compareKeys(left.key, right.key)), again };
}

type Looked = Omit<ArrivalLook, "again" | "proof"> & { proof?: SnapshotProof; again?: boolean };

async function goOn(
  shards: Shards,
  progress: ArrivalProgress,
  { came, waiting }: Pick<ArrivalLookOptions, "came" | "waiting">,
): Promise<Looked> {
  rebase(progress, shards.root.sha256);
  const absent: string[] = [];
  for (const key of progress.loose) if ((await shards.store.head(key)) === undefined) absent.push(key);
  progress.loose = absent;
  const found = await examineShards(shards, progress, { came, waiting: waiting.map(({ key }) => key) });
  const fresh = new Set(found.missing.map(({ key }) => key));
  const loose = absent.map((key) => ({ key, expectedBytes: null, foundBytes: null }));
  const known = [...loose, ...waiting].filter(({ key }, at, all) => !fresh.has(key) && all.findIndex((one) => one.key === key) === at);
  return { progress, missing: [...found.missing, ...known], damaged: found.damaged };
}

/**
 * The whole proof. Where one invocation was once too short for it, the footers that the shards were proven by stand, as long as the root is the same:
 * then names, sizes and metadata are what is looked at again.
 */
async function lastWord(shards: Shards, options: ArrivalLookOptions, known: ArrivalProgress | undefined): Promise<Looked> {
  const { opened, snapshot, indices } = options;
  const { deadline, root } = shards;
  const level = known?.outOfTime ? "metadata" : "footers";
  const asked = { uuid: snapshot.uuid, indices, level, footersFor: "counter-named", root: opened, deadline } as const;
  const proof = await proveSnapshot(shards.store, asked);
  const isLast =
    proof.verdict === "not-restorable" || (proof.verdict === "whole" && (level === "footers" || proof.rootSha256 === root.sha256));
  const { missing, damaged } = proof;
  const progress = known ?? startProgress(root.sha256, layoutOf(options), null);
  if (isLast) return { proof: { ...proof, level: "footers" }, progress, missing, damaged };
  // A proof that was cut knows the faults that it names, and of everything else nothing.
  if (deadline()) {
    progress.outOfTime = true;
    markFaults(progress, proof);
    return { progress, missing, damaged };
  }
  if (proof.verdict !== "incomplete" && proof.verdict !== "damaged") return { progress, missing, damaged, again: true };
  return { progress: await learn(shards, options, proof), missing, damaged };
}

/** From a finished proof: every shard without a fault is proven. Its data may be counter-named; only a look at the shard itself tells. */
async function learn(shards: Shards, options: ArrivalLookOptions, proof: SnapshotProof): Promise<ArrivalProgress> {
  const { root, uuid } = shards;
  const faulty = new Set([...proof.missing, ...proof.damaged].map(({ key }) => key));
  const counts = new Map((proof.closure?.indices ?? []).map((index) => [index.id, index.shards]));
  const layout = layoutOf(options);
  // An index whose metadata was not there for the proof keeps its shards unknown, even if it came since: nothing of them was looked at.
  const uncounted = layout.filter(({ id }) => !counts.has(id) && !faulty.has(metadataKeyOf(root, uuid, id)));
  await forEachBounded(uncounted, READS_AT_ONCE, async (index) => {
    const { shards: count } = await readLayout(shards, index.id);
    if (count !== null) counts.set(index.id, count);
  });
  const counted = layout.map((index) => ({ ...index, shards: counts.get(index.id) ?? null }));
  const progress = startProgress(root.sha256, counted, 1);
  markFaults(progress, proof);
  return progress;
}

function layoutOf({ opened, indices }: ArrivalLookOptions): { id: string; shards: null }[] {
  const ids = new Map(opened.root.indices.map(({ name, id }) => [name, id]));
  return indices.map((name) => ({ id: ids.get(name) ?? name, shards: null }));
}

import { INCOMPATIBLE_KEY } from "../../format/incompatibleSnapshots.ts";
import { compareKeys } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, RootSnapshot, SnapshotProof } from "../../model/repository.ts";
import {
  type ArrivalProgress,
  concludeLook,
  footersSeen,
  isProven,
  markFaults,
  setExamined,
  setShards,
  startProgress,
} from "../../proof/arrivalProgress.ts";
import type { OpenedRepository } from "../readRepository.ts";
import { examineShards, type Shards } from "./examineShards.ts";
import type { LookObserver } from "./examineSnapshot.ts";
import { proveSnapshot } from "./proveSnapshot.ts";

/** Enough to choose probes among; of a million missing blobs no more need to be held. */
const FAULTS_MAX = 1000;

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
 * proven, and once there are none left the whole proof has the last word: of footers it looks only at those of blobs that were written since.
 * Whatever was seen when time runs out is remembered.
 * @throws whatever `proveSnapshot` throws; then nothing new is known.
 */
export async function proveArrival(store: BlobStore, options: ArrivalLookOptions): Promise<ArrivalLook> {
  const { before, waiting, came, now } = options;
  let cut = false;
  const deadline = (): boolean => {
    cut ||= options.deadline();
    return cut;
  };
  const shards: Shards = { store, root: options.opened.root, uuid: options.snapshot.uuid, deadline, lookedAt: now };
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
  const absent: string[] = [];
  for (const key of progress.loose) if ((await shards.store.head(key)) === undefined) absent.push(key);
  progress.loose = absent;
  const found = await examineShards(shards, progress, { came, waiting: waiting.map(({ key }) => key) });
  const fresh = new Set(found.missing.map(({ key }) => key));
  const loose = absent.map((key) => ({ key, expectedBytes: null, foundBytes: null }));
  const known = [...loose, ...waiting].filter(({ key }, at, all) => !fresh.has(key) && all.findIndex((one) => one.key === key) === at);
  return { progress, missing: [...found.missing, ...known], damaged: found.damaged };
}

/** The whole proof; what it sees of each shard is remembered. */
async function lastWord(shards: Shards, options: ArrivalLookOptions, known: ArrivalProgress | undefined): Promise<Looked> {
  const { opened, snapshot, indices, now } = options;
  const progress = known ?? startProgress(now, layoutOf(options));
  const proof = await proveSnapshot(shards.store, {
    uuid: snapshot.uuid,
    indices,
    level: "footers",
    footersFor: "counter-named",
    footersSeen: footersSeen(progress),
    root: opened,
    deadline: shards.deadline,
    faultsMax: FAULTS_MAX,
    observer: remembering(progress, now),
  });
  const { missing, damaged, verdict } = proof;
  if (verdict === "whole" || verdict === "not-restorable") return { proof, progress, missing, damaged };
  return { progress, missing, damaged, again: verdict === "unproven" };
}

function remembering(progress: ArrivalProgress, lookedAt: Date): LookObserver {
  const places = new Map(progress.indices.map(({ id }, index) => [id, index]));
  return {
    indices(indices) {
      for (const { id, metadata } of indices) {
        const index = places.get(id);
        if (index === undefined || metadata === undefined) continue;
        if (progress.indices[index]?.shards?.length !== metadata.shards) setShards(progress, { index, shard: undefined }, metadata.shards);
      }
    },
    shard({ indexId, shard, missing, damaged, hasCounters }) {
      const index = places.get(indexId);
      if (index === undefined) return;
      const proven = missing.length === 0 && damaged.length === 0;
      setExamined(progress, { index, shard }, { proven, hasCounters, missing, damaged }, lookedAt);
    },
    metadata({ missing, damaged }) {
      progress.loose = [];
      // It is mended by being removed, so it is not waited for.
      markFaults(progress, { missing, damaged: damaged.filter(({ key }) => key !== INCOMPATIBLE_KEY) });
    },
  };
}

function layoutOf({ opened, indices }: ArrivalLookOptions): { id: string; shards: null }[] {
  const ids = new Map(opened.root.indices.map(({ name, id }) => [name, id]));
  return indices.map((name) => ({ id: ids.get(name) ?? name, shards: null }));
}
